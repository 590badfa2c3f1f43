import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Run from the repository's root (`npm run build:web`). The server serves `dist/web` under a policy that allows only its own files. */
export default defineConfig({
  root: 'web',
  plugins: [react()],
  css: { preprocessorOptions: { scss: { quietDeps: true } } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // A `data:` address would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The page writes nothing to the browser's console, and neither do the libraries in it.
    rolldownOptions: {
      output: { minify: { compress: { dropConsole: true }, mangle: true, codegen: true } },
      // Carbon's styles take most of a build; that is known, and no warning for whoever starts the server.
      checks: { pluginTimings: false },
    },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
});
