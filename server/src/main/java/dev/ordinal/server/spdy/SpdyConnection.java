package dev.ordinal.server.spdy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The server's side of a connection.
///
/// As with upstream's library, a peer that does not keep to the protocol loses its connection, and
/// a stream that cannot be is reset.
public final class SpdyConnection implements AutoCloseable {
    /// Further ones are refused.
    static final int STREAMS_MAX = 1000;

    static final int PROTOCOL_ERROR = 1;
    static final int REFUSED_STREAM = 3;
    static final int CANCEL = 5;

    private final FrameReader reader;
    private final FrameWriter writer;
    private final Peer peer;
    private final Map<Integer, SpdyStream> streams = new ConcurrentHashMap<>();
    private int lastStream;
    private boolean goneAway;

    /// What is done with streams that the client opens. Both calls are made by the thread of
    /// [#serve] and must not wait.
    public interface Peer {
        /// Whether a stream can be; one that cannot is reset.
        boolean takes(SpdyStream stream);

        void opened(SpdyStream stream);
    }

    /// @param out gets each frame in one write
    public SpdyConnection(InputStream in, OutputStream out, Peer peer) {
        reader = new FrameReader(in);
        writer = new FrameWriter(out);
        this.peer = peer;
    }

    /// Reads until the end of the connection, or the thread is interrupted; all streams have ended
    /// then.
    ///
    /// @throws MalformedException the client does not keep to the protocol
    public void serve() throws IOException, InterruptedException {
        try (reader) {
            for (var frame = reader.read(); frame != null; frame = reader.read()) handle(frame);
        } catch (MalformedException malformed) {
            try {
                writer.goAway(lastStream, PROTOCOL_ERROR);
            } catch (IOException gone) {
                malformed.addSuppressed(gone);
            }
            throw malformed;
        } finally {
            close();
        }
    }

    private void handle(Frame frame) throws IOException, InterruptedException {
        switch (frame) {
            case Frame.SynStream opening -> open(opening);
            case Frame.Data data -> {
                var stream = streams.get(data.stream());
                if (stream != null) stream.receive(data);
            }
            case Frame.RstStream reset -> {
                var stream = streams.get(reset.stream());
                if (stream != null) stream.fail("the stream was reset");
            }
            case Frame.Ping ping -> {
                if (ping.id() % 2 != 0) writer.ping(ping.id());
            }
            case Frame.GoAway _ -> goneAway = true;
            case Frame.Other _ -> {}
        }
    }

    private void open(Frame.SynStream opening) throws IOException {
        if (goneAway) return;
        int id = opening.stream();
        if (id % 2 == 0 || id <= lastStream) {
            writer.rstStream(id, PROTOCOL_ERROR);
            return;
        }
        lastStream = id;
        var stream = new SpdyStream(this, opening);
        if (streams.size() >= STREAMS_MAX) {
            writer.rstStream(id, REFUSED_STREAM);
        } else if (!peer.takes(stream)) {
            writer.rstStream(id, CANCEL);
        } else {
            if (!stream.isDone()) streams.put(id, stream);
            writer.synReply(id);
            peer.opened(stream);
        }
    }

    void data(int stream, boolean fin, byte[] bytes, int offset, int length) throws IOException {
        writer.data(stream, fin, bytes, offset, length);
    }

    void rstStream(int stream, int status) throws IOException {
        writer.rstStream(stream, status);
    }

    void forget(SpdyStream stream) {
        streams.remove(stream.id(), stream);
    }

    /// How many have not ended, for tests.
    int open() {
        return streams.size();
    }

    /// Ends all streams; nothing is sent any more. The bytes below are their owner's to close.
    @Override
    public void close() {
        for (var stream : List.copyOf(streams.values())) stream.fail("the connection is closed");
        writer.close();
    }
}
