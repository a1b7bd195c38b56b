package io.throughline.agent.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Trees of kernel files as a host would show them, written for tests. */
final class RecordedHost {

  /** A docker container's id. */
  static final String DOCKER = "4f".repeat(32);
  /** A pod's container's id. */
  static final String POD = "a9".repeat(32);

  private final Path root;

  RecordedHost(Path root) {
    this.root = root;
    write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    write("proc/sys/kernel/hostname", "node-7\n");
    write("proc/stat", """
        cpu  1000 20 300 40000 50 6 70 8 0 0
        cpu0 500 10 150 20000 25 3 35 4 0 0
        cpu1 500 10 150 20000 25 3 35 4 0 0
        intr 1 2 3
        ctxt 99
        btime 1700000000
        """);
    write("proc/loadavg", "0.25 1.50 2.05 1/234 5678\n");
    write("proc/schedstat", """
        version 15
        timestamp 4294937296
        cpu0 0 0 0 0 0 0 1000000000 2500000000 77
        domain0 3 1 2
        cpu1 0 0 0 0 0 0 1000000000 500000000 77
        """);
    write("proc/meminfo", """
        MemTotal:        8000 kB
        MemFree:         1000 kB
        MemAvailable:    5000 kB
        Buffers:          200 kB
        Cached:          2500 kB
        SReclaimable:     300 kB
        """);
    write("proc/vmstat", """
        pswpin 5
        pswpout 6
        pgfault 1000
        pgmajfault 40
        """);
    write("proc/diskstats", """
           7       0 loop0 10 0 10 1 0 0 0 0 0 1 1 0 0 0 0 0 0
         259       0 nvme0n1 100 5 2000 300 50 6 1000 700 2 900 1500 0 0 0 0 0 0
         259       1 nvme0n1p1 90 5 1900 290 50 6 1000 700 2 900 1500 0 0 0 0 0 0
           8      16 sdb 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
        """);
    write("proc/1/net/dev",
        """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo:  999 9 0 0 0 0 0 0  999 9 0 0 0 0 0 0
              eth0:123456 100 1 2 0 0 0 0 654321 200 3 4 0 0 0 0
            veth12: 77 1 0 0 0 0 0 0 77 1 0 0 0 0 0 0
            """);
    write("proc/net/snmp", """
        Ip: Forwarding DefaultTTL
        Ip: 1 64
        Tcp: RtoAlgorithm RtoMin ActiveOpens OutSegs RetransSegs InErrs
        Tcp: 1 200 5 12345 67 0
        """);
    write("proc/net/netstat", """
        TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPSynRetrans
        TcpExt: 0 11 12 13
        """);
    listening("1", 3, 0x1F);
    symbolicLink("proc/1/ns/net", "net:[1]");
    write("proc/self/mounts", "tmpfs /run tmpfs rw 0 0\n");
    for (String resource : new String[] {"cpu", "memory", "io"}) {
      write("proc/pressure/" + resource, """
          some avg10=1.00 avg60=0.50 avg300=0.10 total=1500000
          full avg10=0.00 avg60=0.00 avg300=0.00 total=250000
          """);
    }
    process(4242, "java", 20, 6000);
  }

  /** A process' table of sockets: two that listen, with so many connections to accept, and one connected. */
  void listening(String pid, int one, int other) {
    write("proc/" + pid + "/net/tcp",
        """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000:1F90 00000000:0000 0A 00000000:%08X 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
               1: 00000000:1F91 00000000:0000 0A 00000000:%08X 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
               2: 0100007F:1F92 0100007F:8000 01 00000000:000000FF 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1
            """
            .formatted(one, other));
  }

  /** Replaces a text in every container's {@code cpu.stat}. */
  void rewrite(String text, String by) {
    try (var files = Files.walk(root.resolve("cgroup"))) {
      for (var file : files.filter(each -> each.endsWith("cpu.stat")).toList()) {
        Files.writeString(file, Files.readString(file).replace(text, by));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void symbolicLink(String path, String to) {
    try {
      var link = root.resolve(path);
      Files.createDirectories(link.getParent());
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, Path.of(to));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  NodeSettings settings(String... options) {
    var arguments = new ArrayList<>(List.of("--proc", root.resolve("proc").toString(), "--cgroup",
        root.resolve("cgroup").toString(), "--root-fs", root.toString()));
    arguments.addAll(List.of(options));
    return NodeSettings.parse(arguments);
  }

  /** A process that started {@code startTicks} after the host, with two threads. */
  void process(int pid, String name, int rssKb, long startTicks) {
    String folder = "proc/" + pid + "/";
    write(folder + "stat", pid + " (a (b) " + name + ") S 1 1 1 0 -1 4194560 900 0 7 0 250 50 0 0"
        + " 20 0 2 0 " + startTicks + " 1000 5 0\n");
    write(folder + "status", "Name:\t" + name + "\nVmRSS:\t   " + rssKb + " kB\n");
    write(folder + "comm", name + "\n");
    write(folder + "cmdline", name + "\0-jar\0shop.jar\0");
    write(folder + "task/" + pid + "/schedstat", "5000000 2000000000 9\n");
    write(folder + "task/" + (pid + 1) + "/schedstat", "5000000 500000000 9\n");
  }

  RecordedHost v2() {
    symbolicLink("proc/4242/ns/net", "net:[2]");
    listening("4242", 5, 0);
    write("cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
    String slice = "cgroup/kubepods.slice/kubepods-burstable.slice/"
        + "kubepods-burstable-pod0a1b2c3d_0000_1111_2222_333344445555.slice/";
    write(slice + "cpu.max", "50000 100000\n");
    write(slice + "memory.max", "1000000\n");
    String container = slice + "cri-containerd-" + POD + ".scope/";
    write(container + "cgroup.procs", "4242\n");
    write(container + "cpu.stat", """
        usage_usec 9000000
        user_usec 6000000
        system_usec 3000000
        nr_periods 120
        nr_throttled 30
        throttled_usec 4500000
        nr_bursts 7
        burst_usec 350000
        """);
    write(container + "cpu.max", "max 100000\n");
    write(container + "memory.current", "700000\n");
    write(container + "memory.max", "2000000\n");
    write(container + "memory.stat", "anon 1\ninactive_file 200000\npgmajfault 3\n");
    write(container + "memory.events", "low 0\nhigh 4\nmax 5\noom 1\noom_kill 1\n");
    write(container + "io.stat", """
        259:0 rbytes=1000 wbytes=2000 rios=3 wios=4 dbytes=0 dios=0
        8:16 rbytes=10 wbytes=20 rios=1 wios=1 dbytes=0 dios=0
        """);
    for (String resource : new String[] {"cpu", "memory"}) {
      write(container + resource + ".pressure",
          "some avg10=0.00 avg60=0.00 avg300=0.00 total=2000000\n");
    }
    return this;
  }

  RecordedHost v1(boolean hybrid) {
    symbolicLink("proc/4242/ns/net", "net:[1]");
    write("cgroup/cpu,cpuacct/cgroup.procs", "1\n");
    write("cgroup/memory/cgroup.procs", "1\n");
    write("cgroup/blkio/cgroup.procs", "1\n");
    String cpu = "cgroup/cpu,cpuacct/docker/" + DOCKER + "/";
    write("cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us", "200000\n");
    write("cgroup/cpu,cpuacct/docker/cpu.cfs_period_us", "100000\n");
    write(cpu + "cgroup.procs", "4242\n");
    write(cpu + "cpu.cfs_quota_us", "300000\n");
    write(cpu + "cpu.cfs_period_us", "100000\n");
    write(cpu + "cpu.stat",
        "nr_periods 10\nnr_throttled 4\nthrottled_time 1500000000\nnr_bursts 2\nburst_time 20000000\n");
    write(cpu + "cpuacct.usage_user", "3000000000\n");
    write(cpu + "cpuacct.usage_sys", "1000000000\n");
    String memory = "cgroup/memory/docker/" + DOCKER + "/";
    write(memory + "memory.usage_in_bytes", "500000\n");
    write(memory + "memory.stat",
        "cache 1\ntotal_inactive_file 100000\ntotal_pgmajfault 9\nhierarchical_memory_limit 9223372036854771712\n");
    write(memory + "memory.failcnt", "2\n");
    write(memory + "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
    String blkio = "cgroup/blkio/docker/" + DOCKER + "/";
    write(blkio + "blkio.throttle.io_service_bytes",
        "253:0 Read 4096\n253:0 Write 8192\n253:0 Total 12288\nTotal 12288\n");
    write(blkio + "blkio.throttle.io_serviced", "253:0 Read 1\n253:0 Write 2\nTotal 3\n");
    if (hybrid) {
      write("cgroup/unified/cgroup.controllers", "\n");
      write("cgroup/unified/docker/" + DOCKER + "/cpu.stat", "usage_usec 1\n");
      write("cgroup/unified/docker/" + DOCKER + "/cpu.pressure",
          "some avg10=0.00 avg60=0.00 avg300=0.00 total=3000000\n");
    }
    return this;
  }

  void write(String file, String content) {
    try {
      Path path = root.resolve(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void remove(String file) {
    try (var below = Files.walk(root.resolve(file))) {
      below.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
