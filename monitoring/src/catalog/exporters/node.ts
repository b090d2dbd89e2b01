import { bounded, oneOf } from "@sark/observability/metrics";
import { counter, gauge } from "./define.ts";

const device = bounded(100);
const filesystem = { device, fstype: bounded(20), mountpoint: bounded(100) };

/** Of the node exporter: the machine that a service runs on. */
export const nodeCatalog = {
  node_boot_time_seconds: gauge("When the machine started, in seconds since 1970.", "seconds"),
  node_context_switches_total: counter("Switches from one thread to another."),
  node_cpu_seconds_total: counter("Time that a processor spent in each mode.", "seconds", {
    cpu: bounded(512),
    mode: oneOf("idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"),
  }),
  node_disk_io_time_seconds_total: counter("Time in which a disk was busy.", "seconds", { device }),
  node_disk_read_bytes_total: counter("Bytes read from a disk.", "bytes", { device }),
  node_disk_read_time_seconds_total: counter("Time that reads of a disk took, together.", "seconds", {
    device,
  }),
  node_disk_reads_completed_total: counter("Reads of a disk.", "1", { device }),
  node_disk_write_time_seconds_total: counter("Time that writes of a disk took, together.", "seconds", {
    device,
  }),
  node_disk_writes_completed_total: counter("Writes of a disk.", "1", { device }),
  node_disk_written_bytes_total: counter("Bytes written to a disk.", "bytes", { device }),
  node_filefd_allocated: gauge("File descriptors in use."),
  node_filefd_maximum: gauge("File descriptors that the machine has."),
  node_filesystem_avail_bytes: gauge("Room that processes can use.", "bytes", filesystem),
  node_filesystem_files: gauge("Inodes of a file system.", "1", filesystem),
  node_filesystem_files_free: gauge("Inodes that are free.", "1", filesystem),
  node_filesystem_free_bytes: gauge(
    "Room that is free, what is kept for root included.",
    "bytes",
    filesystem,
  ),
  node_filesystem_readonly: gauge("Is 1 where nothing can be written.", "1", filesystem),
  node_filesystem_size_bytes: gauge("Size of a file system.", "bytes", filesystem),
  node_load1: gauge("Processes that run or wait, averaged over 1 minute."),
  node_load5: gauge("Processes that run or wait, averaged over 5 minutes."),
  node_load15: gauge("Processes that run or wait, averaged over 15 minutes."),
  node_memory_Buffers_bytes: gauge("Memory that holds blocks of disks.", "bytes"),
  node_memory_Cached_bytes: gauge("Memory that holds contents of files.", "bytes"),
  node_memory_MemAvailable_bytes: gauge("Memory that processes can still get without swapping.", "bytes"),
  node_memory_MemFree_bytes: gauge("Memory that holds nothing.", "bytes"),
  node_memory_MemTotal_bytes: gauge("Memory of the machine.", "bytes"),
  node_memory_SwapFree_bytes: gauge("Swap space that is free.", "bytes"),
  node_memory_SwapTotal_bytes: gauge("Swap space of the machine.", "bytes"),
  node_network_receive_bytes_total: counter("Bytes received.", "bytes", { device }),
  node_network_receive_drop_total: counter("Received packets that were dropped.", "1", { device }),
  node_network_receive_errs_total: counter("Errors at receiving.", "1", { device }),
  node_network_receive_packets_total: counter("Packets received.", "1", { device }),
  node_network_transmit_bytes_total: counter("Bytes sent.", "bytes", { device }),
  node_network_transmit_drop_total: counter("Packets to be sent that were dropped.", "1", { device }),
  node_network_transmit_errs_total: counter("Errors at sending.", "1", { device }),
  node_network_transmit_packets_total: counter("Packets sent.", "1", { device }),
  node_procs_running: gauge("Processes that run."),
  node_scrape_collector_success: gauge("Whether a part of the exporter worked.", "1", {
    collector: bounded(100),
  }),
  node_time_seconds: gauge("The machine's time, in seconds since 1970.", "seconds"),
  node_timex_offset_seconds: gauge("How far the machine's clock is from its source.", "seconds"),
  node_timex_sync_status: gauge("Whether the machine's clock is synchronized."),
  node_uname_info: gauge("System of the machine.", "1", {
    domainname: bounded(100),
    machine: bounded(10),
    nodename: bounded(1000),
    release: bounded(100),
    sysname: bounded(10),
    version: bounded(100),
  }),
} as const;
