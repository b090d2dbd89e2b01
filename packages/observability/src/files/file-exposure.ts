/** What `stat` says of who can get at a file or folder. */
interface Access {
  readonly uid: number;
  readonly mode: number;
}

/**
 * Why a secret in this file is not one, with the remedy; `null` when only this process's user (or root) can read and
 * write it. Windows has no such modes; access is the folder's affair there.
 */
export function fileExposure(path: string, { uid, mode }: Access): string | null {
  const foreign = foreignOwner(path, uid);
  if (foreign !== null) {
    return foreign;
  }
  if (process.platform === "win32" || (mode & 0o077) === 0) {
    return null;
  }
  return `${path} is open to others than its owner; run: chmod 600 ${path}`;
}

/** Why others can replace what lies in this folder, with the remedy; `null` when they cannot. */
export function folderExposure(path: string, { uid, mode }: Access): string | null {
  const foreign = foreignOwner(path, uid);
  if (foreign !== null) {
    return foreign;
  }
  if (process.platform === "win32" || (mode & 0o022) === 0) {
    return null;
  }
  return `Others can write to ${path}; run: chmod go-w ${path}`;
}

function foreignOwner(path: string, owner: number): string | null {
  const self = process.getuid?.();
  if (self === undefined || owner === self || owner === 0) {
    return null;
  }
  return `${path} belongs to another user (uid ${owner}), who can change it; run: chown ${self} ${path}`;
}
