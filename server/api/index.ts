export { type Api, type ApiOptions, type ApiRoute, createApi } from './create-api.ts';
export type { NetworkAddress } from './listeners.ts';
export type { ApiServices } from './services.ts';
