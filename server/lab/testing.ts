/** What tests of later rooms use: code without a server that makes it. */
export { promptCodeOf } from './code/prompt-code.ts';
