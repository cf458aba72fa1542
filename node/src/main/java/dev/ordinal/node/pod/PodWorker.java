package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Stored;
import dev.ordinal.api.Trees;
import dev.ordinal.control.Typed;
import dev.ordinal.control.Types;
import dev.ordinal.node.pod.Machine.CannotStartException;
import dev.ordinal.node.pod.Machine.NotYetException;
import dev.ordinal.node.pod.Machine.Prepared;
import dev.ordinal.node.runtime.Adopted;
import dev.ordinal.node.runtime.Container;
import dev.ordinal.node.runtime.ContainerException;
import dev.ordinal.node.runtime.ContainerKey;
import dev.ordinal.node.runtime.Exit;
import dev.ordinal.node.runtime.LogOptions;

import io.fabric8.kubernetes.api.model.Pod;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/// Runs one pod, from its binding to its end: observe, plan, act, report, wait for something to
/// happen.
final class PodWorker {
    private static final WriteOptions WRITE = WriteOptions.by("kubelet");
    private static final List<String> STATUSES =
            List.of("initContainerStatuses", "containerStatuses");
    private static final Duration RETRY_FIRST = Duration.ofMillis(500);
    private static final Duration RETRY_LONGEST = Duration.ofMinutes(1);

    /// How long a deleted pod's object stays at least, see docs/decisions/0004.
    private static final Duration LAST_MOMENT = Duration.ofMillis(100);

    private static final int LOG_LINES = 80;
    private static final int LOG_CHARACTERS = 2048;
    private static final int SIGTERM = 15;
    private static final int SIGKILL = 9;

    private final PodAgent.Parts parts;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Instance> instances = new LinkedHashMap<>();
    private Stored pod;
    private Optional<Adopted> adopted;
    private boolean vanished;
    private boolean dirty = true;
    private boolean stale;
    private @Nullable Prepared prepared;
    private Duration retry = RETRY_FIRST;

    /// @param adopted what an earlier server left of this pod
    PodWorker(PodAgent.Parts parts, Stored pod, Optional<Adopted> adopted) {
        this.parts = parts;
        this.pod = pod;
        this.adopted = adopted;
        takeOver(pod.tree());
    }

    /// Continues where an earlier server stopped: with its containers where they still are, with
    /// what their statuses say where they are not.
    private void takeOver(JsonNode tree) {
        for (var list : STATUSES) {
            for (var status : tree.path("status").path(list)) {
                if (!status.has("containerID")) continue;
                var instance =
                        instances.computeIfAbsent(
                                status.path("name").asText(), _ -> new Instance());
                instance.attempt = status.path("restartCount").asInt();
                instance.started = status.path("started").asBoolean();
                instance.ready = status.path("ready").asBoolean();
            }
        }
        for (var container : adopted.map(Adopted::containers).orElse(List.of())) {
            var instance = instances.computeIfAbsent(container.key().name(), _ -> new Instance());
            remember(instance);
            if (instance.attempt != container.key().attempt()) {
                instance.started = false;
                instance.ready = false;
            }
            instance.container = container;
            instance.attempt = container.key().attempt();
        }
        for (var list : STATUSES) tree.path("status").path(list).forEach(this::lose);
    }

    /// What the status tells of and the machine does not have is over.
    private void lose(JsonNode status) {
        var instance = instances.get(status.path("name").asText());
        if (instance == null || instance.container != null) return;
        var now = parts.clock().instant();
        instance.container = LostContainer.of(pod.uid(), status, now).orElse(null);
    }

    /// Hears of the ends of containers that were taken over, and probes those that run.
    private void follow(JsonNode tree) {
        for (var entry : instances.entrySet()) {
            var instance = entry.getValue();
            var container = instance.container;
            if (container == null) continue;
            var _ = container.exit().thenRun(this::nudge);
            if (!container.running()) continue;
            var spec = container(tree, entry.getKey());
            instance.started |= !spec.has("startupProbe");
            instance.ready |= !spec.has("readinessProbe");
            startProber(tree, spec, instance, container);
        }
    }

    /// What this worker remembers of one container. Guarded by the lock.
    private static final class Instance {
        private @Nullable Container container;
        private int attempt = -1;
        private Optional<ContainerState.Ended> before = Optional.empty();
        private Optional<ContainerState.Waiting> waiting = Optional.empty();
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
    }

    /// The newest state of the pod in the API.
    void update(Stored newer) {
        lock.lock();
        try {
            take(newer);
            wake();
        } finally {
            lock.unlock();
        }
    }

    private void take(Stored newer) {
        if (newer.revision() < pod.revision()) return;
        stale |= !sameNotes(pod.tree(), newer.tree());
        pod = newer;
    }

    /// Whether volumes that show labels and annotations can stay as they are.
    private static boolean sameNotes(JsonNode before, JsonNode after) {
        return before.at("/metadata/labels").equals(after.at("/metadata/labels"))
                && before.at("/metadata/annotations").equals(after.at("/metadata/annotations"));
    }

    /// An object has changed that volumes may show.
    void changed(GroupVersionResource type, Stored object) {
        lock.lock();
        try {
            if (!object.namespace().equals(pod.namespace())) return;
            if (!PodVolumes.shows(pod.tree(), type, object.name())) return;
            stale = true;
            wake();
        } finally {
            lock.unlock();
        }
    }

    /// Objects may have changed that volumes show.
    void allChanged() {
        lock.lock();
        try {
            stale = true;
            wake();
        } finally {
            lock.unlock();
        }
    }

    /// The pod is gone from the API.
    void vanish() {
        lock.lock();
        try {
            vanished = true;
            wake();
        } finally {
            lock.unlock();
        }
    }

    private void wake() {
        dirty = true;
        changed.signalAll();
    }

    void run() throws InterruptedException {
        try {
            while (true) {
                var current = next();
                if (vanished) {
                    stopNow();
                    return;
                }
                if (current.tree().path("metadata").has("deletionTimestamp")) {
                    terminate(current);
                    return;
                }
                var again = step(current);
                await(again);
            }
        } finally {
            instances.values().forEach(PodWorker::stopProber);
        }
    }

    private Stored next() {
        lock.lock();
        try {
            dirty = false;
            return pod;
        } finally {
            lock.unlock();
        }
    }

    private void await(Optional<Instant> until) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!dirty) {
                if (until.isEmpty()) {
                    changed.await();
                    continue;
                }
                long left = Duration.between(parts.clock().instant(), until.get()).toNanos();
                if (left <= 0) return;
                var _ = changed.await(left, TimeUnit.NANOSECONDS);
            }
        } finally {
            lock.unlock();
        }
    }

    /// One look at a pod that should run.
    private Optional<Instant> step(Stored current) throws InterruptedException {
        var tree = current.tree();
        var phase = tree.at("/status/phase").asText();
        if (phase.equals("Succeeded") || phase.equals("Failed")) return Optional.empty();
        var deadline = PodPlan.deadline(tree);
        if (deadline.isPresent() && !deadline.get().isAfter(parts.clock().instant())) {
            exceed(current);
            return Optional.empty();
        }
        if (prepared == null) {
            if (isOver(tree)) {
                report(current, true);
                return Optional.empty();
            }
            report(current, false);
            var failed = prepare(current);
            if (failed.isPresent()) return earlier(failed, deadline);
            report(current, false);
        }
        var renewal = parts.machine().renewal(current.uid());
        boolean due = renewal.isPresent() && !renewal.get().isAfter(parts.clock().instant());
        if (takeStale() || due) refresh(current);
        var plan = PodPlan.of(tree, states(tree), parts.clock().instant());
        var again = earlier(plan.again(), PodPlan.deadline(latest().tree()));
        again = earlier(again, parts.machine().renewal(current.uid()));
        for (var name : plan.start()) {
            again = earlier(again, start(tree, container(tree, name)));
        }
        report(latest(), plan.finished());
        if (plan.finished()) instances.values().forEach(PodWorker::stopProber);
        return again;
    }

    private static Optional<Instant> earlier(Optional<Instant> one, Optional<Instant> other) {
        return Stream.of(one, other).flatMap(Optional::stream).min(Instant::compareTo);
    }

    /// Whether the sandbox of an earlier server can be used.
    private boolean stands() {
        return adopted.map(Adopted::ready).orElse(false);
    }

    /// Whether nothing is left to do for a pod whose sandbox is gone, for one with the machine's
    /// last run.
    private boolean isOver(JsonNode tree) {
        return !stands() && PodPlan.of(tree, states(tree), parts.clock().instant()).finished();
    }

    /// The pod has been active for too long: it is stopped and has failed; its object stays.
    private void exceed(Stored current) throws InterruptedException {
        var verdict = PodStatusTree.Verdict.DEADLINE;
        say(current.tree(), "", verdict.reason(), verdict.message());
        long grace = current.tree().at("/spec/terminationGracePeriodSeconds").asLong(30);
        stopGracefully(current, Optional.of(parts.clock().instant().plusSeconds(grace)));
        report(latest(), true, Optional.of(verdict));
    }

    private Stored latest() {
        lock.lock();
        try {
            return pod;
        } finally {
            lock.unlock();
        }
    }

    private boolean takeStale() {
        lock.lock();
        try {
            boolean was = stale;
            stale = false;
            return was;
        } finally {
            lock.unlock();
        }
    }

    /// What is missing is looked for again when it comes.
    private void refresh(Stored current) {
        try {
            parts.machine().refresh(current.tree());
        } catch (NotYetException missing) {
            warn(current, "", missing.reason(), String.valueOf(missing.getMessage()));
        }
    }

    private Optional<Instant> prepare(Stored current) {
        try {
            boolean stands = stands();
            if (!stands) initializeAgain(current.tree());
            if (adopted.isPresent() && !stands) {
                say(
                        current.tree(),
                        "",
                        "SandboxChanged",
                        "Pod sandbox changed, it will be killed and re-created.");
                parts.runtime().removeSandbox(current.uid());
            }
            var made = parts.machine().prepare(current.tree());
            if (!stands) parts.runtime().createSandbox(made.sandbox());
            prepared = made;
            var without = parts.machine().unsupported(current.tree());
            if (!without.isEmpty() && !stands) {
                warn(
                        current,
                        "",
                        "Unsupported",
                        "this node does without " + String.join(", ", without));
            }
            adopted = Optional.empty();
            follow(current.tree());
            retry = RETRY_FIRST;
            return Optional.empty();
        } catch (NotYetException later) {
            warn(current, "", later.reason(), String.valueOf(later.getMessage()));
        } catch (ContainerException broken) {
            warn(
                    current,
                    "",
                    "FailedCreatePodSandBox",
                    "Failed to create pod sandbox: " + broken.getMessage());
        }
        return Optional.of(retryAt());
    }

    /// A new sandbox has nothing of what init containers did in the old one.
    private void initializeAgain(JsonNode tree) {
        for (var container : tree.at("/spec/initContainers")) {
            var instance = instances.get(container.path("name").asText());
            if (instance == null) continue;
            remember(instance);
            instance.container = null;
            instance.started = false;
        }
    }

    private Instant retryAt() {
        var at = parts.clock().instant().plus(retry);
        retry = retry.multipliedBy(2);
        if (retry.compareTo(RETRY_LONGEST) > 0) retry = RETRY_LONGEST;
        return at;
    }

    private static JsonNode container(JsonNode pod, String name) {
        for (var list : List.of("initContainers", "containers")) {
            for (var container : pod.path("spec").path(list)) {
                if (container.path("name").asText().equals(name)) return container;
            }
        }
        throw new IllegalArgumentException("no container " + name);
    }

    /// @return when to try again, if it did not work
    private Optional<Instant> start(JsonNode tree, JsonNode container) {
        var name = container.path("name").asText();
        var instance = instances.computeIfAbsent(name, _ -> new Instance());
        var path = fieldPath(tree, name);
        remember(instance);
        int attempt = instance.attempt + 1;
        var pullAt = instance.pullAt;
        boolean pulled = parts.machine().image(container.path("image").asText()).isPresent();
        if (pullAt != null && !pulled && pullAt.isAfter(parts.clock().instant())) {
            return Optional.of(pullAt);
        }
        try {
            var spec =
                    parts.machine()
                            .container(tree, container, attempt, Objects.requireNonNull(prepared));
            instance.pullAt = null;
            var image = container.path("image").asText();
            say(
                    tree,
                    path,
                    "Pulled",
                    "Container image \"%s\" already present on machine and can be accessed by the pod"
                            .formatted(image));
            say(tree, path, "Created", "Container created");
            var started = parts.runtime().start(spec);
            accept(tree, container, instance, started, attempt);
            say(tree, path, "Started", "Container started");
            forget(started.key());
            postStart(tree, container, started);
            return Optional.empty();
        } catch (CannotStartException refused) {
            if (refused.reason().equals("ErrImagePull"))
                return Optional.of(notPulled(tree, container, instance, refused));
            if (refused.reason().equals("ErrImageNeverPull")) {
                warn(latest(), path, "ErrImageNeverPull", String.valueOf(refused.getMessage()));
            }
            wait(instance, refused.reason(), String.valueOf(refused.getMessage()));
            var said =
                    refused.reason().equals("ErrImageNeverPull")
                            ? refused.reason()
                            : refused.getMessage();
            warn(latest(), path, "Failed", "Error: " + said);
        } catch (ContainerException broken) {
            wait(instance, "RunContainerError", String.valueOf(broken.getMessage()));
            warn(latest(), path, "Failed", "Error: " + broken.getMessage());
        }
        return Optional.of(retryAt());
    }

    /// The image cannot be had: as upstream tells it, with a longer pause each time.
    ///
    /// @return when to try again; an image that is loaded meanwhile is used at once
    private Instant notPulled(
            JsonNode tree, JsonNode container, Instance instance, CannotStartException refused) {
        var image = container.path("image").asText();
        var path = fieldPath(tree, container.path("name").asText());
        var why =
                "failed to pull and unpack image \"%s\": %s".formatted(image, refused.getMessage());
        say(tree, path, "Pulling", "Pulling image \"%s\"".formatted(image));
        warn(latest(), path, "Failed", "Failed to pull image \"%s\": %s".formatted(image, why));
        warn(latest(), path, "Failed", "Error: ErrImagePull");
        wait(instance, "ErrImagePull", why);
        report(latest(), false);
        say(tree, path, "BackOff", "Back-off pulling image \"%s\"".formatted(image));
        warn(latest(), path, "Failed", "Error: ImagePullBackOff");
        wait(
                instance,
                "ImagePullBackOff",
                "Back-off pulling image \"%s\": ErrImagePull: %s".formatted(image, why));
        instance.pullBackoff = PodPlan.backoff(instance.pullBackoff, Duration.ZERO, false);
        var again = parts.clock().instant().plus(instance.pullBackoff);
        instance.pullAt = again;
        return again;
    }

    /// Runs the hook, before anything else happens in this pod.
    private void postStart(JsonNode tree, JsonNode container, Container started) {
        var hook = container.at("/lifecycle/postStart");
        if (!hook.isObject()) return;
        var failure = parts.hooks().run(target(tree, container, started), hook);
        if (failure.isEmpty()) return;
        var path = fieldPath(tree, container.path("name").asText());
        warn(latest(), path, "FailedPostStartHook", "PostStartHook failed");
        say(tree, path, "Killing", "FailedPostStartHook");
        started.signal(SIGKILL);
        started.exit().join();
    }

    private Probes.Target target(JsonNode tree, JsonNode container, Container instance) {
        return new Probes.Target(
                tree, container, instance.key(), Objects.requireNonNull(prepared).address());
    }

    private static String fieldPath(JsonNode tree, String name) {
        for (var container : tree.at("/spec/initContainers")) {
            if (container.path("name").asText().equals(name)) {
                return "spec.initContainers{%s}".formatted(name);
            }
        }
        return "spec.containers{%s}".formatted(name);
    }

    private void wait(Instance instance, String reason, String message) {
        lock.lock();
        try {
            instance.waiting = Optional.of(new ContainerState.Waiting(reason, message));
        } finally {
            lock.unlock();
        }
    }

    /// The instance that is over becomes the one before.
    private void remember(Instance instance) {
        lock.lock();
        try {
            var old = instance.container;
            if (old != null && !old.running()) {
                instance.before =
                        Optional.of(
                                new ContainerState.Ended(
                                        old.id(),
                                        old.startedAt(),
                                        old.exit().join(),
                                        message(old, instance)));
            }
        } finally {
            lock.unlock();
        }
    }

    private String message(Container ended, Instance instance) {
        if (instance.message.isEmpty())
            instance.message = parts.machine().terminationMessage(ended.key());
        return instance.message;
    }

    /// A container that failed without a word is explained by the end of its log, if it asks so.
    private void tellFromLog(
            JsonNode tree, String name, Instance instance, Container ended, Exit exit) {
        boolean fallback =
                container(tree, name)
                        .path("terminationMessagePolicy")
                        .asText()
                        .equals("FallbackToLogsOnError");
        if (!message(ended, instance).isEmpty() || !fallback || exit.code() == 0) return;
        var log = new ByteArrayOutputStream();
        try {
            parts.runtime()
                    .logs(
                            ended.key(),
                            new LogOptions(
                                    false,
                                    false,
                                    OptionalLong.of(LOG_LINES),
                                    Optional.empty(),
                                    OptionalLong.empty()),
                            log);
        } catch (IOException | ContainerException unreadable) {
            return; // there is nothing to tell, then
        }
        var text = log.toString(StandardCharsets.UTF_8);
        instance.message = text.substring(Math.max(0, text.length() - LOG_CHARACTERS));
    }

    /// Of what is over, the newest instance is kept, for its log.
    private void forget(ContainerKey newest) {
        if (newest.attempt() < 2) return;
        var old = new ContainerKey(newest.podUid(), newest.name(), newest.attempt() - 2);
        try {
            parts.runtime().removeContainer(old);
        } catch (ContainerException gone) {
            if (gone.kind() != ContainerException.Kind.NOT_RUNNING) throw gone;
        }
    }

    private void accept(
            JsonNode tree, JsonNode spec, Instance instance, Container container, int attempt) {
        stopProber(instance);
        lock.lock();
        try {
            instance.container = container;
            instance.attempt = attempt;
            instance.waiting = Optional.empty();
            instance.counted = false;
            instance.message = "";
            instance.started = !spec.has("startupProbe");
            instance.ready = !spec.has("readinessProbe");
        } finally {
            lock.unlock();
        }
        var _ = container.exit().thenRun(this::nudge);
        startProber(tree, spec, instance, container);
    }

    private void startProber(JsonNode tree, JsonNode spec, Instance instance, Container container) {
        if (!spec.has("startupProbe")
                && !spec.has("readinessProbe")
                && !spec.has("livenessProbe")) {
            return;
        }
        var loop =
                new ProbeLoop(
                        parts,
                        tree,
                        spec,
                        Objects.requireNonNull(prepared).address(),
                        instance.started,
                        instance.ready,
                        (started, ready) -> probed(instance, started, ready));
        instance.probes = loop;
        instance.prober = Thread.ofVirtual().name("probe").start(() -> probe(loop, container));
    }

    private static void probe(ProbeLoop loop, Container container) {
        try {
            loop.run(container);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void probed(Instance instance, boolean started, boolean ready) {
        lock.lock();
        try {
            instance.started = started;
            instance.ready = ready;
            wake();
        } finally {
            lock.unlock();
        }
    }

    /// Looks again now.
    void nudge() {
        lock.lock();
        try {
            wake();
        } finally {
            lock.unlock();
        }
    }

    private static void stopProber(Instance instance) {
        var prober = instance.prober;
        if (prober != null) prober.interrupt();
    }

    /// Readiness is asked for until the end, if the container has started.
    private static void onlyReadiness(Instance instance) {
        var probes = instance.probes;
        if (probes != null && instance.started) probes.onlyReadiness();
        else stopProber(instance);
    }

    private Map<String, ContainerState> states(JsonNode tree) {
        lock.lock();
        try {
            Map<String, ContainerState> states = new HashMap<>();
            instances.forEach((name, instance) -> states.put(name, state(tree, name, instance)));
            return states;
        } finally {
            lock.unlock();
        }
    }

    private ContainerState state(JsonNode tree, String name, Instance instance) {
        var container = instance.container;
        var exit = container == null || container.running() ? null : container.exit().join();
        if (container != null && exit != null && !instance.counted) {
            instance.counted = true;
            tellFromLog(tree, name, instance, container, exit);
            if (exit.seen()) backOff(tree, name, instance, container, exit);
        }
        return new ContainerState(
                name,
                instance.attempt,
                container == null ? "" : container.id(),
                container == null ? null : container.startedAt(),
                exit,
                exit == null ? "" : instance.message,
                instance.before,
                instance.waiting,
                instance.started,
                instance.ready,
                instance.backoffUntil);
    }

    private static void backOff(
            JsonNode tree, String name, Instance instance, Container container, Exit exit) {
        var ran = Duration.between(container.startedAt(), exit.finishedAt());
        instance.backoff = PodPlan.backoff(instance.backoff, ran, instance.attempt == 0);
        instance.backoffUntil = exit.finishedAt().plus(instance.backoff);
        if (!instance.backoff.isZero()) {
            var metadata = tree.path("metadata");
            instance.waiting =
                    Optional.of(
                            new ContainerState.Waiting(
                                    "CrashLoopBackOff",
                                    "back-off %s restarting failed container=%s pod=%s_%s(%s)"
                                            .formatted(
                                                    text(instance.backoff),
                                                    name,
                                                    metadata.path("name").asText(),
                                                    metadata.path("namespace").asText(),
                                                    metadata.path("uid").asText())));
        }
    }

    /// As Go prints durations.
    private static String text(Duration duration) {
        long minutes = duration.toMinutes();
        return minutes == 0
                ? duration.toSeconds() + "s"
                : minutes + "m" + duration.toSecondsPart() + "s";
    }

    private void report(Stored current, boolean stopped) {
        report(current, stopped, Optional.empty());
    }

    /// Writes the status; again when somebody else has written the pod meanwhile, so that nothing
    /// is undone.
    private void report(Stored current, boolean stopped, Optional<PodStatusTree.Verdict> verdict) {
        var at = Optional.of(current);
        while (at.isPresent()) at = write(at.get(), status(at.get().tree(), stopped, verdict));
    }

    private ObjectNode status(
            JsonNode tree, boolean stopped, Optional<PodStatusTree.Verdict> verdict) {
        Map<String, Machine.Image> images = new HashMap<>();
        for (var list : List.of("initContainers", "containers")) {
            for (var container : tree.path("spec").path(list)) {
                var reference = container.path("image").asText();
                parts.machine().image(reference).ifPresent(image -> images.put(reference, image));
            }
        }
        var made = prepared;
        return PodStatusTree.of(
                tree,
                new PodStatusTree.Seen(
                        states(tree),
                        made == null ? "" : made.address(),
                        parts.nodeAddress(),
                        parts.runtime().name(),
                        images,
                        stopped,
                        verdict,
                        parts.clock().instant()));
    }

    /// @return the pod as somebody else has written it, if that kept this from being written
    private Optional<Stored> write(Stored current, ObjectNode status) {
        if (Trees.same(status, current.tree().path("status"))) return Optional.empty();
        var body = current.copy();
        body.set("status", status);
        var tree = new Api.Body.Tree(body);
        var namespace = current.namespace();
        var name = current.name();
        try {
            var api = parts.api();
            var written = api.update(Types.PODS, namespace, name, "status", tree, WRITE).object();
            lock.lock();
            try {
                take(written);
            } finally {
                lock.unlock();
            }
        } catch (ApiException refused) {
            if (refused.code() == 409) return newest(current);
            if (refused.code() != 404) throw refused;
        }
        return Optional.empty();
    }

    private Optional<Stored> newest(Stored pod) {
        try {
            var found = parts.api().get(Types.PODS, pod.namespace(), pod.name());
            return found.uid().equals(pod.uid()) ? Optional.of(found) : Optional.empty();
        } catch (ApiException gone) {
            if (gone.code() != 404) throw gone;
            return Optional.empty();
        }
    }

    /// The pod was deleted: it ends in peace, then the object may go.
    private void terminate(Stored current) throws InterruptedException {
        var earliestEnd = parts.clock().instant().plus(LAST_MOMENT);
        stopGracefully(current, Optional.empty());
        report(latest(), true);
        release(current);
        awaitVanished(earliestEnd);
        finish(current);
    }

    /// SIGTERM, the grace period, SIGKILL.
    ///
    /// @param end of the grace period, for a pod that is not deleted
    private void stopGracefully(Stored current, Optional<Instant> end) throws InterruptedException {
        var tree = current.tree();
        if (prepared == null && stands()) {
            var _ = prepare(current);
        }
        instances.values().forEach(PodWorker::onlyReadiness);
        List<Thread> stopping = new ArrayList<>();
        for (var entry : instances.entrySet()) {
            var container = entry.getValue().container;
            if (container == null || !container.running()) continue;
            var name = entry.getKey();
            say(tree, fieldPath(tree, name), "Killing", "Stopping container " + name);
            stopping.add(
                    Thread.ofVirtual()
                            .name("stop-" + name)
                            .start(() -> stop(tree, name, container)));
        }
        while (awaitNews(end)) report(latest(), false);
        stopping.forEach(Thread::interrupt);
        stopContainers();
        for (var thread : stopping) thread.join();
        instances.values().forEach(PodWorker::stopProber);
    }

    private void awaitVanished(Instant until) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!vanished) {
                long left = Duration.between(parts.clock().instant(), until).toNanos();
                if (left <= 0) return;
                var _ = changed.await(left, TimeUnit.NANOSECONDS);
            }
        } finally {
            lock.unlock();
        }
    }

    /// The hook, then the signal the image asks for.
    private void stop(JsonNode tree, String name, Container container) {
        var spec = container(tree, name);
        var hook = spec.at("/lifecycle/preStop");
        if (hook.isObject() && prepared != null) {
            var failure = parts.hooks().run(target(tree, spec, container), hook);
            if (failure.isPresent()
                    && container.running()
                    && !Thread.currentThread().isInterrupted()) {
                warn(latest(), fieldPath(tree, name), "FailedPreStopHook", "PreStopHook failed");
            }
        }
        var asked = container.annotations().getOrDefault(LinuxMachine.STOP_SIGNAL, "");
        container.signal(Signals.number(asked).orElse(SIGTERM));
    }

    /// Waits for something to happen to a pod that is being ended. A second delete may bring the
    /// end of its grace period nearer.
    ///
    /// @return whether it is to be waited for any longer
    private boolean awaitNews(Optional<Instant> graceEnd) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!vanished && instances.values().stream().anyMatch(PodWorker::isRunning)) {
                if (dirty) {
                    dirty = false;
                    return true;
                }
                var end = earlier(graceEnd, deletion(pod.tree())).orElseThrow();
                long left = Duration.between(parts.clock().instant(), end).toNanos();
                if (left <= 0) return false;
                var _ = changed.await(left, TimeUnit.NANOSECONDS);
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    private static Optional<Instant> deletion(JsonNode pod) {
        var at = pod.at("/metadata/deletionTimestamp");
        return at.isTextual() ? Optional.of(Instant.parse(at.asText())) : Optional.empty();
    }

    private static boolean isRunning(Instance instance) {
        return instance.container != null && instance.container.running();
    }

    private void stopContainers() {
        for (var instance : instances.values()) {
            var container = instance.container;
            if (container == null || !container.running()) continue;
            container.signal(SIGKILL);
            container.exit().join();
        }
    }

    private void stopNow() {
        instances.values().forEach(PodWorker::stopProber);
        stopContainers();
        release(latest());
    }

    private void release(Stored current) {
        parts.runtime().removeSandbox(current.uid());
        parts.machine().release(current.uid());
    }

    private void finish(Stored current) {
        try {
            parts.api()
                    .delete(
                            Types.PODS,
                            current.namespace(),
                            current.name(),
                            new DeleteOptions(0L, "", null, current.uid(), null, false));
        } catch (ApiException refused) {
            if (refused.code() != 404 && refused.code() != 409) throw refused;
        }
    }

    private void say(JsonNode tree, String path, String reason, String message) {
        parts.events().about(typed(tree), path, "Normal", reason, message);
    }

    private void warn(Stored current, String path, String reason, String message) {
        parts.events().about(typed(current.tree()), path, "Warning", reason, message);
    }

    private static Pod typed(JsonNode tree) {
        var head = JsonNodeFactory.instance.objectNode();
        head.put("kind", "Pod").put("apiVersion", "v1");
        head.set("metadata", tree.path("metadata"));
        return Typed.read(head, Pod.class);
    }

    /// The key of a container's newest instance, or of the one before.
    Optional<ContainerKey> key(String container, boolean previous) {
        lock.lock();
        try {
            var instance = instances.get(container);
            int attempt = instance == null ? -1 : instance.attempt - (previous ? 1 : 0);
            return attempt < 0
                    ? Optional.empty()
                    : Optional.of(new ContainerKey(pod.uid(), container, attempt));
        } finally {
            lock.unlock();
        }
    }
}
