package io.throughline.agent.node;

import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.Instrument;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/**
 * The host's network interfaces, without loopback and the host's ends of containers' cables, and TCP's
 * troubles. Of process 1's network namespace where it may be read, else of the agent's own.
 */
final class NetworkReader implements Reader {

  static final int MOST_INTERFACES = 32;
  static final Instrument IO = Instrument.counter("system.network.io", "By");
  static final Instrument DROPPED = Instrument.counter("system.network.packet.dropped", "{packet}");
  static final Instrument ERRORS = Instrument.counter("system.network.errors", "{error}");
  static final Instrument RETRANSMITS = Instrument
      .counter("throughline.system.network.tcp.retransmits", "{segment}");
  static final Instrument SEGMENTS = Instrument
      .counter("throughline.system.network.tcp.segments_sent", "{segment}");
  static final Instrument LISTEN_OVERFLOWS = Instrument
      .counter("throughline.system.network.tcp.listen_overflows", "{connection}");
  static final Instrument SYN_RETRANSMITS = Instrument
      .counter("throughline.system.network.tcp.syn_retransmits", "{segment}");

  private static final class Interface {
    final Attributes receive;
    final Attributes transmit;
    final boolean skipped;
    final long[] counts = new long[16];

    Interface(String name) {
      var alone = Attributes.of("network.interface.name", name);
      receive = alone.with("network.io.direction", "receive");
      transmit = alone.with("network.io.direction", "transmit");
      skipped = name.equals("lo") || name.startsWith("veth") || name.startsWith("cali")
          || name.startsWith("lxc");
    }
  }

  /** A file of process 1's namespace, or of our own. */
  private static final class NetFile {
    final KernelFile ofInit;
    final KernelFile ofSelf;

    NetFile(Path proc, String name) {
      ofInit = new KernelFile(proc.resolve("1/net").resolve(name));
      ofSelf = new KernelFile(proc.resolve("net").resolve(name));
    }

    boolean read(ProcText text) {
      return ofInit.read(text) || ofSelf.read(text);
    }

    String problem() {
      return ofSelf.problem();
    }

    void close() {
      ofInit.close();
      ofSelf.close();
    }
  }

  private final NetFile dev;
  private final NetFile snmp;
  private final NetFile netstat;
  private final long startNanos;
  private final HashMap<Long, Interface> known = new HashMap<>();
  private final List<Interface> present = new ArrayList<>();

  NetworkReader(Path proc, long startNanos) {
    this.dev = new NetFile(proc, "dev");
    this.snmp = new NetFile(proc, "snmp");
    this.netstat = new NetFile(proc, "netstat");
    this.startNanos = startNanos;
  }

  @Override
  public void read(Reading reading) {
    if (dev.read(reading.text)) {
      parseInterfaces(reading.text);
      pairs(reading, IO, 0, 8);
      pairs(reading, ERRORS, 2, 10);
      pairs(reading, DROPPED, 3, 11);
    } else {
      reading.missing(dev.problem(), IO, ERRORS, DROPPED);
    }
    if (snmp.read(reading.text)) {
      column(reading, "Tcp:", "RetransSegs", RETRANSMITS);
      column(reading, "Tcp:", "OutSegs", SEGMENTS);
    } else {
      reading.missing(snmp.problem(), RETRANSMITS, SEGMENTS);
    }
    if (netstat.read(reading.text)) {
      column(reading, "TcpExt:", "ListenOverflows", LISTEN_OVERFLOWS);
      column(reading, "TcpExt:", "TCPSynRetrans", SYN_RETRANSMITS);
    } else {
      reading.missing(netstat.problem(), LISTEN_OVERFLOWS, SYN_RETRANSMITS);
    }
  }

  private void parseInterfaces(ProcText text) {
    present.clear();
    while (text.nextLine() && present.size() < MOST_INTERFACES) {
      if (!text.nextWord() || !text.cutAt(':')) {
        continue;
      }
      Interface found = known.get(text.hash());
      if (found == null) {
        if (known.size() >= 1_024) {
          known.clear();
        }
        found = new Interface(text.text());
        known.put(text.hash(), found);
      }
      if (found.skipped) {
        continue;
      }
      for (int i = 0; i < found.counts.length; i++) {
        found.counts[i] = Math.max(0, text.nextNumber());
      }
      present.add(found);
    }
  }

  private void pairs(Reading reading, Instrument instrument, int received, int transmitted) {
    reading.out.begin(instrument);
    for (int i = 0; i < present.size(); i++) {
      Interface one = present.get(i);
      reading.out.point(one.receive, startNanos, reading.timeNanos, one.counts[received]);
      reading.out.point(one.transmit, startNanos, reading.timeNanos, one.counts[transmitted]);
    }
    reading.out.end();
  }

  /** Tables of two lines: names, then numbers, both behind the same first word. */
  private void column(Reading reading, String table, String name, Instrument instrument) {
    ProcText text = reading.text;
    text.rewind();
    int column = -1;
    while (text.nextLine()) {
      if (!text.nextWord() || !text.is(table)) {
        continue;
      }
      if (column >= 0) {
        if (text.skipWords(column)) {
          reading.out.single(instrument, startNanos, reading.timeNanos,
              Math.max(0, text.nextNumber()));
          return;
        }
        break;
      }
      int index = 0;
      while (text.nextWord()) {
        if (text.is(name)) {
          column = index;
          break;
        }
        index++;
      }
      if (column < 0) {
        break;
      }
    }
    reading.missing("the kernel's table " + table + " has no column " + name, instrument);
  }

  @Override
  public void close() {
    dev.close();
    snmp.close();
    netstat.close();
  }
}
