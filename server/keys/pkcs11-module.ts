import { createRequire } from 'node:module';
import { AppError } from '../core/index.ts';

export type Pkcs11Library = typeof import('pkcs11js');
type Functions = InstanceType<Pkcs11Library['PKCS11']>;

/**
 * A vendor's library in this process. PKCS#11 initialises a library once a process, whoever uses it, so providers on one library share this;
 * calls on it run one after another, since a session does one thing at a time and nothing may run while the library is initialised anew.
 */
export type Pkcs11Module = {
  readonly library: Pkcs11Library;
  readonly functions: Functions;
  /**
   * Runs work on the library when what came before is done.
   * @throws AppError `unavailable` when that takes longer than the limit; the work then does not begin, or its result is nobody's.
   */
  run<T>(work: () => T | Promise<T>): Promise<T>;
  /** Initialises the library anew, which ends every session of this process. Within {@link run} only. */
  initializeAnew(): void;
  /** The last one to let go ends the library's use. */
  release(): Promise<void>;
};

/** How long a caller waits for a hardware module, milliseconds. A library can't be interrupted; it can only be waited for no longer. */
const LIMIT_MS = 30_000;

type Loaded = Omit<Pkcs11Module, 'release'> & { users: number };

const loaded = new Map<string, Loaded>();

/**
 * Loads a vendor's library, or takes it as another provider of this process has loaded it.
 * @param modulePath absolute path of the library
 * @throws AppError `failed-precondition` when pkcs11js is not compiled, or the library cannot be loaded.
 */
export function loadPkcs11Module(modulePath: string): Pkcs11Module {
  const found = loaded.get(modulePath) ?? load(modulePath);
  found.users += 1;
  let isReleased = false;
  return {
    ...found,
    async release() {
      if (isReleased) return;
      isReleased = true;
      found.users -= 1;
      if (found.users > 0) return;
      loaded.delete(modulePath);
      await found.run(() => found.functions.C_Finalize());
    },
  };
}

function load(modulePath: string): Loaded {
  const library = requireLibrary();
  const functions = new library.PKCS11();
  // The library may lock with the threads of the operating system: pkcs11js calls it from several.
  const initialize = () => functions.C_Initialize({ flags: library.CKF_OS_LOCKING_OK });
  try {
    functions.load(modulePath);
    // Whoever used it before may still be about to let go.
    if (!isInitialized(functions)) initialize();
  } catch (error) {
    throw new AppError(
      'failed-precondition',
      `The PKCS#11 library "${modulePath}" cannot be loaded. Check that the file is there and is the library of your hardware module, and that what it needs is set up.`,
      { cause: error },
    );
  }
  const made: Loaded = {
    library,
    functions,
    users: 0,
    run: createQueue(LIMIT_MS),
    initializeAnew() {
      if (isInitialized(functions)) functions.C_Finalize();
      initialize();
    },
  };
  loaded.set(modulePath, made);
  return made;
}

function isInitialized(functions: Functions): boolean {
  try {
    functions.C_GetInfo();
    return true;
  } catch {
    return false;
  }
}

/** pkcs11js comes as source and is compiled only where it is needed. */
function requireLibrary(): Pkcs11Library {
  try {
    return createRequire(import.meta.url)('pkcs11js') as Pkcs11Library;
  } catch (error) {
    throw new AppError(
      'failed-precondition',
      'Keys in a hardware module need the native part of pkcs11js, which is not compiled. Run `npm run build:pkcs11`; it needs a C++ compiler.',
      { cause: error },
    );
  }
}

/**
 * Runs one piece of work after another.
 * @param limitMs how long a caller waits for its own, milliseconds
 */
export function createQueue(limitMs: number): Pkcs11Module['run'] {
  let last: Promise<unknown> = Promise.resolve();
  return async <T>(work: () => T | Promise<T>): Promise<T> => {
    let isGivenUp = false;
    const mine = last.then(() => (isGivenUp ? undefined : work()));
    last = mine.catch(() => {});
    const limit = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      isGivenUp = true;
      limit.reject(
        new AppError('unavailable', 'The hardware module that holds the keys does not answer. Try again in a moment.'),
      );
    }, limitMs);
    try {
      // Undefined comes from work that was given up, whose caller has had its answer.
      return (await Promise.race([mine, limit.promise])) as T;
    } finally {
      clearTimeout(timer);
    }
  };
}
