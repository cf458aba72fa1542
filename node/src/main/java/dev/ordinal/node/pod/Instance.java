package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Stored;
import dev.ordinal.node.pod.ContainerState.Ended;
import dev.ordinal.node.pod.ContainerState.Waiting;
import dev.ordinal.node.runtime.Container;
import dev.ordinal.node.runtime.ContainerException;
import dev.ordinal.node.runtime.ContainerKey;
import dev.ordinal.node.runtime.Exit;
import dev.ordinal.node.runtime.LogOptions;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// One container of a pod as its worker remembers it, over all its attempts. Its worker changes it,
/// its prober too; nothing is told to the worker while it is locked.
final class Instance implements ProbeLoop.Listener {
    private static final int LOG_LINES = 80;
    private static final int LOG_CHARACTERS = 2048;

    private final PodAgent.Parts parts;
    private final Stored pod;
    private final JsonNode spec;
    private final Runnable nudge;
    private @Nullable Container container;
    private int attempt = -1;
    private Optional<Ended> before = Optional.empty();
    private Optional<Waiting> waiting = Optional.empty();
    private Duration backoff = Duration.ZERO;
    private @Nullable Instant backoffUntil;
    private boolean started;
    private boolean ready;
    private boolean counted;
    private String message = "";
    private Duration pullBackoff = Duration.ZERO;
    private @Nullable Instant pullAt;
    private @Nullable Thread prober;
    private @Nullable ProbeLoop probes;
    private boolean probeKilled;
    private boolean backOffUntold;
    private String image = "";

    /// @param spec of the container; of it, only the image may change later
    /// @param nudge tells the worker that something has happened
    Instance(PodAgent.Parts parts, Stored pod, JsonNode spec, Runnable nudge) {
        this.parts = parts;
        this.pod = pod;
        this.spec = spec;
        this.nudge = nudge;
    }

    String name() {
        return spec.path("name").asText();
    }

    JsonNode spec() {
        return spec;
    }

    /// Continues where an earlier server stopped: with its containers where they still are, with
    /// what their statuses say where they are not.
    ///
    /// @param left what is left of it, oldest first
    synchronized void takeOver(JsonNode status, List<Container> left) {
        boolean known = status.has("containerID");
        if (known) {
            attempt = status.path("restartCount").asInt();
            started = status.path("started").asBoolean();
            ready = status.path("ready").asBoolean();
        }
        for (var found : left) {
            remember();
            if (attempt != found.key().attempt()) {
                started = false;
                ready = false;
            }
            message = "";
            container = found;
            attempt = found.key().attempt();
        }
        if (known && container == null) {
            container = LostContainer.of(pod.uid(), status, parts.clock().instant()).orElse(null);
        }
    }

    /// Hears of the end of a container that was taken over, and probes it while it runs.
    ///
    /// @param address of the pod
    void follow(JsonNode tree, String address) {
        var current = container();
        if (current == null) return;
        var _ = current.exit().thenRun(nudge);
        if (!current.running()) return;
        synchronized (this) {
            image = spec.path("image").asText();
            started |= !spec.has("startupProbe");
            ready |= !spec.has("readinessProbe");
        }
        probe(tree, address, current);
    }

    /// Nothing counts of what it did: of an init container when the sandbox is new.
    synchronized void initializeAgain() {
        remember();
        container = null;
        started = false;
    }

    synchronized @Nullable Container container() {
        return container;
    }

    boolean running() {
        var current = container();
        return current != null && current.running();
    }

    /// @param previous the one before the newest
    synchronized Optional<ContainerKey> key(boolean previous) {
        int wanted = attempt - (previous ? 1 : 0);
        return wanted < 0
                ? Optional.empty()
                : Optional.of(new ContainerKey(pod.uid(), name(), wanted));
    }

    /// The key of the attempt that runs.
    synchronized Optional<ContainerKey> runningKey() {
        return container != null && container.running()
                ? Optional.of(container.key())
                : Optional.empty();
    }

    /// Puts the last attempt away.
    ///
    /// @param from the image the next one is started from, as the spec names it
    /// @return the number of the next one
    synchronized int begin(String from) {
        remember();
        image = from;
        return attempt + 1;
    }

    /// When its image may be looked for again, if that is still to come.
    synchronized Optional<Instant> pullAt() {
        return Optional.ofNullable(pullAt).filter(at -> at.isAfter(parts.clock().instant()));
    }

    synchronized void pulled() {
        pullAt = null;
    }

    /// @return when to look for its image again: after a longer pause each time
    synchronized Instant notPulled() {
        pullBackoff = PodPlan.backoff(pullBackoff, Duration.ZERO, false);
        var again = parts.clock().instant().plus(pullBackoff);
        pullAt = again;
        return again;
    }

    synchronized void waitFor(String reason, String explanation) {
        waiting = Optional.of(new Waiting(reason, explanation));
    }

    /// Its newest attempt runs.
    void accept(JsonNode tree, String address, Container newest) {
        stopProber();
        synchronized (this) {
            container = newest;
            attempt = newest.key().attempt();
            waiting = Optional.empty();
            counted = false;
            probeKilled = false;
            message = "";
            started = !spec.has("startupProbe");
            ready = !spec.has("readinessProbe");
        }
        var _ = newest.exit().thenRun(nudge);
        probe(tree, address, newest);
    }

    private synchronized void probe(JsonNode tree, String address, Container current) {
        if (!spec.has("startupProbe")
                && !spec.has("readinessProbe")
                && !spec.has("livenessProbe")) {
            return;
        }
        var loop = new ProbeLoop(parts, tree, spec, address, started, ready, this);
        probes = loop;
        prober = Thread.ofVirtual().name("probe").start(() -> run(loop, current));
    }

    private static void run(ProbeLoop loop, Container container) {
        try {
            loop.run(container);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void changed(boolean hasStarted, boolean isReady) {
        synchronized (this) {
            started = hasStarted;
            ready = isReady;
        }
        nudge.run();
    }

    @Override
    public synchronized void killed() {
        probeKilled = true;
    }

    synchronized void stopProber() {
        if (prober != null) prober.interrupt();
    }

    /// Readiness is asked for until the end, if the container has started.
    synchronized void onlyReadiness() {
        if (probes != null && started && !probeKilled) probes.onlyReadiness();
        else stopProber();
    }

    synchronized ContainerState state() {
        var current = container;
        var exit = current == null || current.running() ? null : current.exit().join();
        if (current != null && exit != null && !counted) {
            counted = true;
            tellFromLog(current, exit);
            if (exit.seen()) backOff(current, exit);
        }
        return new ContainerState(
                name(),
                attempt,
                current == null ? "" : current.id(),
                current == null ? null : current.startedAt(),
                exit,
                exit == null ? "" : message,
                before,
                waiting,
                started,
                ready,
                backoffUntil);
    }

    private void backOff(Container ended, Exit exit) {
        var ran = Duration.between(ended.startedAt(), exit.finishedAt());
        backoff = PodPlan.backoff(backoff, ran, attempt == 0);
        var until = since(exit).plus(backoff);
        backoffUntil = until;
        if (!until.isAfter(parts.clock().instant())) return;
        backOffUntold = true;
        waitFor(
                "CrashLoopBackOff",
                "back-off %s restarting failed container=%s pod=%s_%s(%s)"
                        .formatted(text(backoff), name(), pod.name(), pod.namespace(), pod.uid()));
    }

    /// The delay counts from the end; from the end before, for one that its probe has ended.
    private Instant since(Exit exit) {
        if (!probeKilled) return exit.finishedAt();
        return before.map(ended -> ended.exit().finishedAt()).orElse(Instant.EPOCH);
    }

    /// Whether it has to wait longer than was told so far.
    synchronized boolean takeBackOff() {
        boolean untold = backOffUntold;
        backOffUntold = false;
        return untold;
    }

    /// Its image has been changed since one was started or looked for.
    synchronized boolean isOutdated(JsonNode newer) {
        return !image.isEmpty() && !image.equals(newer.path("image").asText());
    }

    /// Another image has nothing to do with what failed before.
    synchronized void forgive(JsonNode newer) {
        image = newer.path("image").asText();
        backoff = Duration.ZERO;
        backoffUntil = null;
        pullBackoff = Duration.ZERO;
        pullAt = null;
        waiting = Optional.empty();
    }

    /// As Go prints durations.
    private static String text(Duration duration) {
        long minutes = duration.toMinutes();
        return minutes == 0
                ? duration.toSeconds() + "s"
                : minutes + "m" + duration.toSecondsPart() + "s";
    }

    /// What is over becomes the attempt before.
    private void remember() {
        var old = container;
        if (old == null || old.running()) return;
        var exit = old.exit().join();
        before = Optional.of(new Ended(old.id(), old.startedAt(), exit, message(old)));
    }

    private String message(Container ended) {
        if (message.isEmpty()) message = parts.machine().terminationMessage(ended.key());
        return message;
    }

    /// A container that failed without a word is explained by the end of its log, if it asks so.
    private void tellFromLog(Container ended, Exit exit) {
        var policy = spec.path("terminationMessagePolicy").asText();
        boolean fallback = policy.equals("FallbackToLogsOnError");
        if (!message(ended).isEmpty() || !fallback || exit.code() == 0) return;
        var lines = OptionalLong.of(LOG_LINES);
        var end = new LogOptions(false, false, lines, Optional.empty(), OptionalLong.empty());
        var log = new ByteArrayOutputStream();
        try {
            parts.runtime().logs(ended.key(), end, log);
        } catch (IOException | ContainerException unreadable) {
            return; // there is nothing to tell, then
        }
        var text = log.toString(StandardCharsets.UTF_8);
        message = text.substring(Math.max(0, text.length() - LOG_CHARACTERS));
    }
}
