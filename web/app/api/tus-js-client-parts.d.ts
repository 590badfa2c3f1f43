/** The parts of tus-js-client that its main entry joins, see `uploads.ts`. */
declare module 'tus-js-client/lib.esm/upload.js' {
  import { Upload, type UploadOptions } from 'tus-js-client';
  export default class extends Upload {
    static readonly defaultOptions: UploadOptions;
  }
}
declare module 'tus-js-client/lib.esm/browser/fileReader.js' {
  import type { FileReader } from 'tus-js-client';

  const BrowserFileReader: new () => FileReader;
  export default BrowserFileReader;
}
declare module 'tus-js-client/lib.esm/browser/httpStack.js' {
  import type { HttpStack } from 'tus-js-client';

  const BrowserHttpStack: new () => HttpStack;
  export default BrowserHttpStack;
}
