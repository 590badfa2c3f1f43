export { type DataDirectory, findDeployment, openDataDirectory } from './data-directory.ts';
export { createLogDestination } from './log-destination.ts';
export { networkAddressOf } from './network-address.ts';
export { type Places, placesOf } from './places.ts';
export { openRunDirectory } from './run-directory.ts';
export {
  flagOf,
  isLoopback,
  readProcessSettings,
  readSettings,
  redactedSettings,
  type Settings,
} from './settings.ts';
