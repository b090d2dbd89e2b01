import { spawn } from "node:child_process";

/**
 * Ends the server and deletes its folder when this process has ended, however it did: a killed test run never gets to
 * its own clean-up. The guard waits on a pipe that the kernel closes with us. Call the result when all was cleaned up.
 */
export function guardAgainstLeftovers(pid: number | null, folder: string | null): () => void {
  const guard = spawn("/bin/sh", ["-c", SCRIPT, "guard", String(pid ?? ""), folder ?? ""], {
    stdio: ["pipe", "ignore", "ignore"],
    cwd: "/",
    // Out of reach of Ctrl-C, which ends our whole process group at once.
    detached: true,
  });
  guard.on("error", () => undefined);
  guard.stdin.on("error", () => undefined);
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return () => void guard.kill("SIGKILL");
}

// Stopped processes do not see other signals until they go on.
const SCRIPT = `
  cat > /dev/null
  if [ -n "$1" ] && ps -o args= -p "$1" | grep -q postgres; then
    kill -QUIT "$1"
    kill -CONT "$1" $(ps -A -o pid=,ppid= | awk -v parent="$1" '$2 == parent { print $1 }')
    while kill -0 "$1"; do sleep 0.1; done
  fi
  if [ -n "$2" ]; then rm -rf "$2"; fi
`;
