export { type Api, type ApiOptions, createApi } from './create-api.ts';
export type { NetworkAddress } from './listeners.ts';
export type { ApiServices } from './services.ts';
