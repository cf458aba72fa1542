package dev.ordinal.node.dns;

import dev.ordinal.node.network.Sockets;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;

/// Answers over UDP and TCP on one address of the cluster's network. Questions about other names go
/// to the servers in the host's resolv.conf. At most `QUESTIONS_MAX` are worked on at once; more
/// wait in the socket's buffer.
public final class DnsServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DnsServer.class);
    private static final int PORT = 53;
    private static final int QUESTIONS_MAX = 256;
    private static final int PLAIN_MAX = 512;
    private static final int MESSAGE_MAX = 65_535;
    private static final int BACKLOG = 64;
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Zone zone;
    private final Path resolvConf;
    private final DatagramChannel datagrams;
    private final ServerSocketChannel listener;
    private final Semaphore room = new Semaphore(QUESTIONS_MAX);

    private DnsServer(Zone zone, Sockets sockets, String address, Path resolvConf)
            throws IOException {
        this.zone = zone;
        this.resolvConf = resolvConf;
        var at = new InetSocketAddress(address, PORT);
        datagrams = sockets.datagramSocket(at);
        try {
            listener = sockets.listen(at, BACKLOG);
        } catch (IOException failure) {
            datagrams.close();
            throw failure;
        }
    }

    /// @param sockets of the cluster's network
    /// @param resolvConf names the servers for everything else
    public static DnsServer start(Zone zone, Sockets sockets, String address, Path resolvConf)
            throws IOException {
        var server = new DnsServer(zone, sockets, address, resolvConf);
        Thread.ofVirtual().name("dns-udp").start(server::receive);
        Thread.ofVirtual().name("dns-tcp").start(server::accept);
        return server;
    }

    private void receive() {
        var buffer = ByteBuffer.allocate(MESSAGE_MAX);
        try {
            while (true) {
                buffer.clear();
                var from = datagrams.receive(buffer);
                var question = new byte[buffer.flip().remaining()];
                buffer.get(question);
                room.acquire();
                Thread.ofVirtual().name("dns-question").start(() -> reply(question, from));
            }
        } catch (ClosedChannelException _) {
            // The server was closed.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IOException broken) {
            LOG.error("DNS over UDP has ended", broken);
        }
    }

    private void reply(byte[] question, SocketAddress to) {
        try {
            datagrams.send(ByteBuffer.wrap(answer(question, false)), to);
        } catch (IOException unanswered) {
            LOG.debug("a DNS question of {}: {}", to, unanswered.getMessage());
        } finally {
            room.release();
        }
    }

    private void accept() {
        try {
            while (true) {
                var client = listener.accept();
                room.acquire();
                Thread.ofVirtual().name("dns-connection").start(() -> serve(client));
            }
        } catch (ClosedChannelException _) {
            // The server was closed.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IOException broken) {
            LOG.error("DNS over TCP has ended", broken);
        }
    }

    private void serve(SocketChannel client) {
        try (client) {
            client.socket().setSoTimeout((int) PATIENCE.toMillis());
            var in = new DataInputStream(client.socket().getInputStream());
            var out = new DataOutputStream(client.socket().getOutputStream());
            while (true) {
                var question = new byte[in.readUnsignedShort()];
                in.readFully(question);
                write(out, answer(question, true));
            }
        } catch (IOException _) {
            // The client has gone, or said nothing for too long.
        } finally {
            room.release();
        }
    }

    private static void write(DataOutputStream out, byte[] message) throws IOException {
        out.writeShort(message.length);
        out.write(message);
        out.flush();
    }

    private byte[] answer(byte[] bytes, boolean stream) throws IOException {
        var query = new Message(bytes);
        var question = query.getQuestion();
        var reply = new Message(query.getHeader().getID());
        var header = reply.getHeader();
        header.setFlag(Flags.QR);
        header.setFlag(Flags.RA);
        if (query.getHeader().getFlag(Flags.RD)) header.setFlag(Flags.RD);
        int max = stream ? MESSAGE_MAX : size(query);
        if (question == null || query.getHeader().getOpcode() != Opcode.QUERY) {
            header.setRcode(Rcode.NOTIMP);
            return reply.toWire(max);
        }
        reply.addRecord(question, Section.QUESTION);
        var answer = zone.answer(question.getName(), question.getType());
        if (answer.isEmpty()) {
            var forwarded = forward(bytes, stream);
            if (forwarded != null) return forwarded;
            header.setRcode(Rcode.SERVFAIL);
            return reply.toWire(max);
        }
        header.setFlag(Flags.AA);
        header.setRcode(answer.get().code());
        add(reply, answer.get().records(), Section.ANSWER);
        add(reply, behind(answer.get().records(), question.getType()), Section.ANSWER);
        add(reply, answer.get().authority(), Section.AUTHORITY);
        add(reply, answer.get().additional(), Section.ADDITIONAL);
        return reply.toWire(max);
    }

    /// What an alias of a name elsewhere stands for; nothing when the host's servers do not know.
    private List<Record> behind(List<Record> records, int type) throws IOException {
        boolean address = type == Type.A || type == Type.AAAA;
        if (!address || records.isEmpty()) return List.of();
        if (!(records.getLast() instanceof CNAMERecord alias)) return List.of();
        if (zone.answer(alias.getTarget(), type).isPresent()) return List.of();
        var query = Message.newQuery(Record.newRecord(alias.getTarget(), type, DClass.IN));
        var answer = forward(query.toWire(), false);
        return answer == null ? List.of() : new Message(answer).getSection(Section.ANSWER);
    }

    private static int size(Message query) {
        var options = query.getOPT();
        return options == null ? PLAIN_MAX : Math.max(PLAIN_MAX, options.getPayloadSize());
    }

    private static void add(Message reply, List<Record> records, int section) {
        records.forEach(record -> reply.addRecord(record, section));
    }

    private List<String> servers() throws IOException {
        if (!Files.isReadable(resolvConf)) return List.of();
        return Files.readAllLines(resolvConf).stream()
                .map(String::strip)
                .filter(line -> line.startsWith("nameserver"))
                .map(line -> line.substring("nameserver".length()).strip())
                .toList();
    }

    /// @return the answer of the first of the host's servers that gives one, or null
    private byte @org.jspecify.annotations.Nullable [] forward(byte[] question, boolean stream)
            throws IOException {
        for (var server : servers()) {
            var address = new InetSocketAddress(server, PORT);
            try {
                return stream ? overTcp(question, address) : overUdp(question, address);
            } catch (IOException silent) {
                LOG.debug("DNS server {}: {}", server, silent.getMessage());
            }
        }
        return null;
    }

    private static byte[] overUdp(byte[] question, InetSocketAddress server) throws IOException {
        try (var channel = DatagramChannel.open()) {
            channel.connect(server);
            channel.write(ByteBuffer.wrap(question));
            var packet = new java.net.DatagramPacket(new byte[MESSAGE_MAX], MESSAGE_MAX);
            channel.socket().setSoTimeout((int) PATIENCE.toMillis());
            channel.socket().receive(packet);
            return java.util.Arrays.copyOf(packet.getData(), packet.getLength());
        }
    }

    private static byte[] overTcp(byte[] question, InetSocketAddress server) throws IOException {
        try (var channel = SocketChannel.open()) {
            channel.socket().connect(server, (int) PATIENCE.toMillis());
            channel.socket().setSoTimeout((int) PATIENCE.toMillis());
            write(new DataOutputStream(channel.socket().getOutputStream()), question);
            var in = new DataInputStream(channel.socket().getInputStream());
            var reply = new byte[in.readUnsignedShort()];
            in.readFully(reply);
            return reply;
        }
    }

    @Override
    public void close() throws IOException {
        datagrams.close();
        listener.close();
    }
}
