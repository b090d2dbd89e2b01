export { fileExposure, folderExposure } from "../files/file-exposure.ts";
export { filePrint, followFiles, type FileNotice, type FollowedFiles } from "../files/follow-files.ts";
export { readRegularFile } from "../files/read-regular-file.ts";
export { replaceFile } from "../files/replace-file.ts";
export { foldersAround, syncFolder, syncFolderNow } from "../files/sync-folder.ts";
export { lockFolder } from "../files/lock-folder.ts";
export { readSettled } from "../files/read-settled.ts";
export { watchFolder } from "../files/watch-folder.ts";
