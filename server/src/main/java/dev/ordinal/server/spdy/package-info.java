/// SPDY/3.1 as Kubernetes clients speak it: several streams of bytes over one connection, each
/// closed in either direction by itself. Only the server's side, and of the protocol only what
/// those clients use: no priorities, no flow control by windows, no pushed streams.
///
/// [SpdyConnection] is where to start: it reads [Frame]s, keeps the [SpdyStream]s and says what is
/// refused. All of it blocks, works on any pair of byte streams, and is bounded: frames, header
/// blocks, streams, and what a stream has received and nobody has read. Whoever sends more than is
/// read waits, with all streams of the connection, as upstream.
///
/// @see "SPDY Protocol, draft 3.1; upstream: github.com/moby/spdystream"
@NullMarked
package dev.ordinal.server.spdy;

import org.jspecify.annotations.NullMarked;
