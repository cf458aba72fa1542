package dev.ordinal.server.spdy;

import java.util.Map;

/// What one side tells the other.
sealed interface Frame {
    int SYN_STREAM = 1;
    int SYN_REPLY = 2;
    int RST_STREAM = 3;
    int SETTINGS = 4;
    int PING = 6;
    int GOAWAY = 7;
    int HEADERS = 8;
    int WINDOW_UPDATE = 9;

    int FIN = 1;
    int UNIDIRECTIONAL = 2;

    /// Opens a stream.
    ///
    /// @param fin the opener sends nothing on it
    /// @param unidirectional the other side sends nothing on it
    /// @param headers by lower-case name
    record SynStream(int stream, boolean fin, boolean unidirectional, Map<String, String> headers)
            implements Frame {}

    /// Bytes of a stream, or a piece of a longer frame.
    ///
    /// @param fin they are the last ones
    @SuppressWarnings("ArrayRecordComponent") // read once, by the stream
    record Data(int stream, boolean fin, byte[] bytes) implements Frame {}

    /// The sender is done with a stream in both directions.
    record RstStream(int stream, int status) implements Frame {}

    /// Comes back from the other side when it is one of the opener's.
    record Ping(int id) implements Frame {}

    /// No more streams are opened.
    record GoAway(int lastStream, int status) implements Frame {}

    /// Well formed, and of no interest here: settings, windows, replies, more headers.
    record Other(int type) implements Frame {}
}
