package dev.ordinal.node.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.node.runtime.ContainerException.Kind;
import dev.ordinal.testing.Rule;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// What every [Runtime] promises. A subclass says how its containers are made to do something.
///
/// @param <R> the runtime under test
abstract class RuntimeContract<R extends Runtime> {
    static final String POD = "11111111-2222-3333-4444-555555555555";
    static final String OTHER = "99999999-2222-3333-4444-555555555555";
    private static final int SIGTERM = 15;
    private static final int SIGKILL = 9;

    @TempDir Path data;
    private volatile Instant now = Instant.parse("2026-01-02T03:04:05Z");
    final InstantSource clock = () -> now;
    R runtime;

    abstract R open() throws IOException;

    /// A container that prints `ready` once SIGTERM will end it with code 0, and runs until then.
    abstract ContainerSpec waiting(ContainerKey key);

    /// Starts such a container and returns when it is ready.
    abstract Container ready(ContainerKey key) throws Exception;

    /// A container that prints each line it reads, and ends with code 0 when its input does.
    abstract ContainerSpec reading(ContainerKey key, Stdio stdio);

    /// Starts a container and returns when it has ended by itself.
    abstract Container ended(ContainerKey key, int code) throws Exception;

    /// Lets a running container print a line.
    abstract void print(ContainerKey key, String line) throws Exception;

    @BeforeEach
    void openWithOnePod() throws IOException {
        runtime = open();
        runtime.createSandbox(sandbox(POD));
    }

    static SandboxSpec sandbox(String uid) {
        return new SandboxSpec(
                uid,
                "default",
                "web-0",
                "web-0",
                "127.0.0.1 localhost\n",
                "nameserver 10.96.0.10\n",
                Optional.empty(),
                Map.of(),
                Resources.NONE,
                Map.of("address", "10.244.0.2"));
    }

    static ContainerKey key(int attempt) {
        return new ContainerKey(POD, "main", attempt);
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    static int code(Container container) throws Exception {
        return container.exit().get(10, TimeUnit.SECONDS).code();
    }

    static void refused(Kind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(ContainerException.class)
                .extracting(e -> ((ContainerException) e).kind())
                .isEqualTo(kind);
    }

    @Test
    void anAttemptHasAnIdOfItsOwnAndWhatItWasGiven() throws Exception {
        var first = ready(key(0));
        var second = ready(key(1));
        assertThat(first.id()).matches("[0-9a-f]{64}").isNotEqualTo(second.id());
        assertThat(first.key()).isEqualTo(key(0));
        assertThat(first.startedAt()).isEqualTo(now);
        assertThat(first.annotations()).isEqualTo(waiting(key(0)).annotations()).isNotEmpty();
        assertThat(first.running()).isTrue();
    }

    @Test
    void aProgramsExitCodeIsKept() throws Exception {
        var container = ended(key(0), 7);
        assertThat(container.running()).isFalse();
        assertThat(code(container)).isEqualTo(7);
        assertThat(container.exit().join().oomKilled()).isFalse();
    }

    @Test
    void aSignalReachesTheProgramAndNoneHurtsAfterTheEnd() throws Exception {
        var container = ready(key(0));
        container.signal(SIGTERM);
        assertThat(code(container)).isZero();
        container.signal(SIGKILL);
        assertThat(code(container)).isZero();
    }

    @Rule("pods 2.6")
    @Test
    void killedMeans137() throws Exception {
        var container = ready(key(0));
        container.signal(SIGKILL);
        assertThat(code(container)).isEqualTo(137);
        assertThat(container.exit().join().seen()).isTrue();
    }

    @Test
    void anAttemptStartsOnceAndOnlyInASandbox() throws Exception {
        var container = ready(key(0));
        refused(Kind.MACHINE, () -> runtime.start(waiting(key(0))));
        assertThat(container.running()).isTrue();
        refused(Kind.MACHINE, () -> runtime.start(waiting(new ContainerKey(OTHER, "main", 0))));
    }

    @Test
    void aPodHasOneSandbox() {
        refused(Kind.MACHINE, () -> runtime.createSandbox(sandbox(POD)));
        runtime.removeSandbox(POD);
        var made = runtime.createSandbox(sandbox(POD));
        assertThat(made.podUid()).isEqualTo(POD);
        assertThat(made.annotations()).containsEntry("address", "10.244.0.2");
    }

    @Test
    void removingASandboxEndsEverythingInItAndNothingElse() throws Exception {
        runtime.createSandbox(sandbox(OTHER));
        var ended = ended(key(0), 3);
        var running = ready(key(1));
        var other = ready(new ContainerKey(OTHER, "main", 0));
        runtime.removeSandbox(POD);
        assertThat(code(running)).isEqualTo(137);
        assertThat(code(ended)).isEqualTo(3);
        assertThat(other.running()).isTrue();
        refused(Kind.NOT_RUNNING, () -> runtime.usage(key(1)));
        refused(Kind.MACHINE, () -> runtime.start(waiting(key(2))));
        runtime.removeSandbox("unknown");
    }

    @Test
    void onlyAnEndedAttemptIsRemoved() throws Exception {
        var container = ready(key(0));
        refused(Kind.MACHINE, () -> runtime.removeContainer(key(0)));
        print(key(0), "still here");
        container.signal(SIGKILL);
        assertThat(code(container)).isEqualTo(137);
        assertThat(log(key(0), LogOptions.ALL)).isEqualTo("ready\nstill here\n");
        runtime.removeContainer(key(0));
        refused(Kind.NOT_RUNNING, () -> runtime.removeContainer(key(0)));
        refused(Kind.NOT_RUNNING, () -> log(key(0), LogOptions.ALL));
    }

    @Test
    void anUnknownAttemptIsNotRunning() {
        refused(Kind.NOT_RUNNING, () -> runtime.removeContainer(key(9)));
        refused(Kind.NOT_RUNNING, () -> runtime.usage(key(9)));
        refused(Kind.NOT_RUNNING, () -> log(key(9), LogOptions.ALL));
        refused(Kind.NOT_RUNNING, () -> runtime.exec(command(9)));
    }

    private static ExecSpec command(int attempt) {
        return new ExecSpec(key(attempt), List.of("no-such-program"), false, false);
    }

    @Rule("pods 11.6")
    @Test
    void aCommandNeedsARunningContainerWithSuchAProgram() throws Exception {
        ready(key(0));
        assertThatThrownBy(() -> runtime.exec(command(0)))
                .hasMessage("exec: \"no-such-program\": executable file not found in $PATH")
                .extracting(e -> ((ContainerException) e).kind())
                .isEqualTo(Kind.CANNOT_START);
        ended(key(1), 0);
        refused(Kind.NOT_RUNNING, () -> runtime.exec(command(1)));
    }

    @Test
    void onlyARunningContainerIsAttachedTo() throws Exception {
        refused(Kind.NOT_RUNNING, () -> runtime.attach(key(9), false));
        ended(key(0), 0);
        refused(Kind.NOT_RUNNING, () -> runtime.attach(key(0), false));
    }

    @Test
    void whoAttachesSeesWhatIsPrintedFromThenOnUntilTheEnd() throws Exception {
        var container = ready(key(0));
        print(key(0), "before");
        try (var attached = new Attached(key(0), false)) {
            print(key(0), "after");
            assertThat(attached.line()).isEqualTo("after");
            container.signal(SIGTERM);
            assertThat(attached.line()).isNull();
            assertThat(attached.session.await()).isZero();
        }
    }

    @Test
    void whoLeavesChangesNothingForTheContainer() throws Exception {
        var container = ready(key(0));
        try (var attached = new Attached(key(0), true)) {
            attached.type("nobody reads this");
            attached.session.close();
            assertThat(attached.line()).isNull();
            assertThat(attached.session.await()).isZero();
        }
        print(key(0), "still here");
        assertThat(container.running()).isTrue();
        assertThat(log(key(0), LogOptions.ALL)).isEqualTo("ready\nstill here\n");
    }

    @Test
    void withoutAnInputTheEndOfTheClientsIsNothing() throws Exception {
        ready(key(0));
        try (var attached = new Attached(key(0), true)) {
            attached.session.stdin().close();
            print(key(0), "after");
            assertThat(attached.line()).isEqualTo("after");
        }
    }

    @Test
    void whatIsTypedIsReadAndTheInputOutlivesItsClients() throws Exception {
        var container = runtime.start(reading(key(0), new Stdio(true, false, false)));
        for (var word : List.of("one", "two")) {
            try (var attached = new Attached(key(0), true)) {
                attached.type(word);
                assertThat(attached.line()).isEqualTo(word);
                attached.session.stdin().close();
                assertThat(attached.line()).isNull();
                assertThat(attached.session.await()).isZero();
            }
        }
        assertThat(container.running()).isTrue();
        assertThat(log(key(0), LogOptions.ALL)).isEqualTo("one\ntwo\n");
    }

    @Test
    void anInputForOneClientEndsWithWhatThatHasTyped() throws Exception {
        var container = runtime.start(reading(key(0), new Stdio(true, true, false)));
        try (var attached = new Attached(key(0), true);
                var second = new Attached(key(0), true)) {
            second.type("lost");
            second.session.close();
            attached.type("hello");
            attached.session.stdin().close();
            assertThat(attached.line()).isEqualTo("hello");
            assertThat(attached.line()).isNull();
            assertThat(attached.session.await()).isZero();
        }
        assertThat(code(container)).isZero();
    }

    @Test
    void anInputForOneClientEndsWhenThatIsGone() throws Exception {
        var container = runtime.start(reading(key(0), new Stdio(true, true, false)));
        new Attached(key(0), false).close();
        assertThat(container.running()).isTrue();
        new Attached(key(0), true).close();
        assertThat(code(container)).isZero();
    }

    @Test
    void anEndedAttemptUsesNothing() throws Exception {
        ended(key(0), 0);
        assertThat(runtime.usage(key(0))).isEqualTo(new Usage(0, 0));
    }

    @Test
    void nothingIsLeftByAnEarlierServerThatIsNotThere() throws Exception {
        runtime.removeSandbox(POD);
        try (var later = open()) {
            assertThat(later.adopt()).isEmpty();
        }
    }

    /// `ready` and three lines, a second apart.
    private void printThreeLines() throws Exception {
        ready(key(0));
        try (var following = new Following(key(0))) {
            assertThat(following.line()).isEqualTo("ready");
            for (var line : List.of("one", "two", "three")) {
                pass(Duration.ofSeconds(1));
                print(key(0), line);
                assertThat(following.line()).isEqualTo(line);
            }
        }
    }

    @Rule("pods 11.3")
    @Test
    void aLogIsCutByLinesTimeAndBytes() throws Exception {
        printThreeLines();
        var none = Optional.<Instant>empty();
        var all = OptionalLong.empty();
        var since = Optional.of(Instant.parse("2026-01-02T03:04:07Z"));
        assertThat(log(key(0), LogOptions.ALL)).isEqualTo("ready\none\ntwo\nthree\n");
        assertThat(log(key(0), part(OptionalLong.of(2), none, all))).isEqualTo("two\nthree\n");
        assertThat(log(key(0), part(OptionalLong.of(0), none, all))).isEmpty();
        assertThat(log(key(0), part(all, since, all))).isEqualTo("two\nthree\n");
        assertThat(log(key(0), part(OptionalLong.of(1), since, all))).isEqualTo("three\n");
        assertThat(log(key(0), part(all, none, OptionalLong.of(12)))).isEqualTo("ready\none\ntw");
    }

    private static LogOptions part(OptionalLong tail, Optional<Instant> since, OptionalLong limit) {
        return new LogOptions(false, false, tail, since, limit);
    }

    @Rule("pods 11.3")
    @Test
    void eachLineHasItsTime() throws Exception {
        printThreeLines();
        var stamped =
                new LogOptions(
                        false, true, OptionalLong.of(2), Optional.empty(), OptionalLong.empty());
        assertThat(log(key(0), stamped))
                .isEqualTo(
                        """
                        2026-01-02T03:04:07.000000000Z two
                        2026-01-02T03:04:08.000000000Z three
                        """);
    }

    @Rule("pods 11.3")
    @Test
    void whoFollowsReadsOnUntilTheEnd() throws Exception {
        var container = ready(key(0));
        try (var following = new Following(key(0))) {
            assertThat(following.line()).isEqualTo("ready");
            print(key(0), "one");
            assertThat(following.line()).isEqualTo("one");
            print(key(0), "two");
            container.signal(SIGTERM);
            assertThat(following.line()).isEqualTo("two");
            assertThat(following.line()).isNull();
        }
    }

    @Test
    void whoFollowsCanBeInterrupted() throws Exception {
        var container = ready(key(0));
        try (var following = new Following(key(0))) {
            assertThat(following.line()).isEqualTo("ready");
            print(key(0), "one");
            assertThat(following.line()).isEqualTo("one");
            following.thread.interrupt();
            assertThat(following.line()).isNull();
        }
        assertThat(container.running()).isTrue();
    }

    @Test
    void aReaderThatIsGoneShows() throws Exception {
        printThreeLines();
        var gone =
                new OutputStream() {
                    @Override
                    public void write(int value) throws IOException {
                        throw new IOException("gone");
                    }
                };
        assertThatThrownBy(() -> runtime.logs(key(0), LogOptions.ALL, gone))
                .isInstanceOf(IOException.class)
                .hasMessage("gone");
    }

    final String log(ContainerKey key, LogOptions options) throws IOException {
        var out = new ByteArrayOutputStream();
        runtime.logs(key, options, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    /// Somebody who has attached to a container.
    final class Attached implements AutoCloseable {
        final ExecSession session;
        private final BufferedReader lines;

        Attached(ContainerKey key, boolean stdin) {
            session = runtime.attach(key, stdin);
            lines =
                    new BufferedReader(
                            new InputStreamReader(session.stdout(), StandardCharsets.UTF_8));
        }

        void type(String line) throws IOException {
            session.stdin().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        }

        /// The next line; null when there is no more.
        String line() throws IOException {
            return lines.readLine();
        }

        @Override
        public void close() throws IOException {
            session.close();
            lines.close();
        }
    }

    /// Somebody who follows a log.
    final class Following implements AutoCloseable {
        private static final LogOptions FOLLOW =
                new LogOptions(
                        true, false, OptionalLong.empty(), Optional.empty(), OptionalLong.empty());
        private final BufferedReader lines;
        private final CompletableFuture<Void> copied = new CompletableFuture<>();
        private final Thread thread;

        Following(ContainerKey key) throws IOException {
            var out = new PipedOutputStream();
            lines =
                    new BufferedReader(
                            new InputStreamReader(
                                    new PipedInputStream(out), StandardCharsets.UTF_8));
            thread = Thread.ofVirtual().start(() -> copy(key, out));
        }

        private void copy(ContainerKey key, OutputStream out) {
            try (out) {
                runtime.logs(key, FOLLOW, out);
                copied.complete(null);
            } catch (IOException | RuntimeException failure) {
                copied.completeExceptionally(failure);
            }
        }

        /// The next line; null when there is no more.
        String line() throws IOException {
            return lines.readLine();
        }

        @Override
        public void close() throws IOException {
            thread.interrupt();
            copied.orTimeout(10, TimeUnit.SECONDS).join();
            lines.close();
        }
    }
}
