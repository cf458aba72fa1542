package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Stored;
import dev.ordinal.node.pod.Machine.CannotStartException;
import dev.ordinal.node.pod.Machine.NotYetException;
import dev.ordinal.node.pod.Machine.Prepared;
import dev.ordinal.node.pod.PodStatusTree.Verdict;
import dev.ordinal.node.runtime.Adopted;
import dev.ordinal.node.runtime.Container;
import dev.ordinal.node.runtime.ContainerException;
import dev.ordinal.node.runtime.ContainerKey;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Runs one pod, from its binding to its end: observe, plan, act, report, wait for something to
/// happen.
final class PodWorker {
    private static final List<String> LISTS = List.of("initContainers", "containers");
    private static final List<String> STATUSES =
            List.of("initContainerStatuses", "containerStatuses");
    private static final Duration RETRY_FIRST = Duration.ofMillis(500);
    private static final Duration RETRY_LONGEST = Duration.ofMinutes(1);

    /// How long a deleted pod's object stays at least, see docs/decisions/0004.
    private static final Duration LAST_MOMENT = Duration.ofMillis(250);

    private static final int SIGKILL = 9;

    private final PodAgent.Parts parts;
    private final PodInbox inbox;
    private final PodWrites writes;
    private final Map<String, Instance> instances;
    private Optional<Adopted> adopted;
    private @Nullable Prepared prepared;
    private Duration retry = RETRY_FIRST;

    /// @param adopted what an earlier server left of this pod
    PodWorker(PodAgent.Parts parts, Stored pod, Optional<Adopted> adopted) {
        this.parts = parts;
        this.adopted = adopted;
        inbox = new PodInbox(pod, parts.clock());
        writes = new PodWrites(parts, inbox);
        instances = instances(pod);
        takeOver(pod.tree(), adopted.map(Adopted::containers).orElse(List.of()));
    }

    private Map<String, Instance> instances(Stored pod) {
        Map<String, Instance> made = new LinkedHashMap<>();
        for (var list : LISTS) {
            for (var spec : pod.tree().path("spec").path(list)) {
                var instance = new Instance(parts, pod, spec, inbox::nudge);
                made.put(instance.name(), instance);
            }
        }
        return made;
    }

    private void takeOver(JsonNode tree, List<Container> left) {
        Map<String, JsonNode> statuses = new HashMap<>();
        for (var list : STATUSES) {
            for (var status : tree.path("status").path(list)) {
                statuses.put(status.path("name").asText(), status);
            }
        }
        for (var instance : all()) {
            var name = instance.name();
            var status = statuses.getOrDefault(name, MissingNode.getInstance());
            instance.takeOver(
                    status,
                    left.stream().filter(found -> found.key().name().equals(name)).toList());
        }
    }

    private Collection<Instance> all() {
        return instances.values();
    }

    private Instance instance(JsonNode container) {
        return Objects.requireNonNull(instances.get(container.path("name").asText()));
    }

    PodInbox inbox() {
        return inbox;
    }

    void run() throws InterruptedException {
        try {
            while (true) {
                var current = inbox.next();
                if (inbox.vanished()) {
                    stopNow();
                    return;
                }
                if (current.tree().path("metadata").has("deletionTimestamp")) {
                    terminate(current);
                    return;
                }
                inbox.await(step(current));
            }
        } finally {
            all().forEach(Instance::stopProber);
        }
    }

    /// One look at a pod that should run.
    private Optional<Instant> step(Stored current) throws InterruptedException {
        var tree = current.tree();
        var phase = tree.at("/status/phase").asText();
        if (phase.equals("Succeeded") || phase.equals("Failed")) {
            if (isRunning()) conclude(current);
            return Optional.empty();
        }
        var deadline = PodPlan.deadline(tree);
        if (deadline.isPresent() && !deadline.get().isAfter(now())) {
            exceed(current);
            return Optional.empty();
        }
        if (prepared == null) {
            var rejection = PodRejection.of(tree);
            if (rejection.isPresent()) {
                reject(current, rejection.get());
                return Optional.empty();
            }
            if (isOver(tree)) {
                report(current, true);
                return Optional.empty();
            }
            var failed = prepare(current);
            report(inbox.latest(), false);
            if (failed.isPresent()) return PodPlan.earlier(failed, deadline);
        }
        var renewal = parts.machine().renewal(current.uid());
        boolean due = renewal.isPresent() && !renewal.get().isAfter(now());
        if (inbox.takeStale() || due) refresh(tree);
        for (var list : LISTS) {
            for (var container : tree.path("spec").path(list)) replaceOutdated(tree, container);
        }
        var plan = PodPlan.of(tree, states(), now());
        if (plan.finished()) {
            conclude(current);
            return Optional.empty();
        }
        all().forEach(instance -> tellBackOff(tree, instance));
        var again = PodPlan.earlier(plan.again(), PodPlan.deadline(inbox.latest().tree()));
        again = PodPlan.earlier(again, parts.machine().renewal(current.uid()));
        for (var name : plan.start()) {
            var retryAt = start(tree, container(tree, name));
            if (retryAt.isEmpty() && isSidecar(tree, name)) inbox.nudge(); // the next may start
            again = PodPlan.earlier(again, retryAt);
        }
        report(inbox.latest(), false);
        return again;
    }

    private void reject(Stored current, Verdict why) {
        writes.warn("", why.reason(), why.message());
        writes.status(current, tree -> PodStatusTree.rejected(tree, why, now()));
    }

    /// All regular containers are over for good, or somebody says so of the pod: what still runs
    /// is ended.
    private void conclude(Stored current) throws InterruptedException {
        if (isRunning()) {
            report(inbox.latest(), false);
            long grace = current.tree().at("/spec/terminationGracePeriodSeconds").asLong(30);
            stopGracefully(current, Optional.of(now().plusSeconds(grace)));
        }
        report(inbox.latest(), true);
        all().forEach(Instance::stopProber);
    }

    private void tellBackOff(JsonNode tree, Instance instance) {
        if (!instance.takeBackOff()) return;
        var metadata = tree.path("metadata");
        var why =
                "Back-off restarting failed container %s in pod %s_%s(%s)"
                        .formatted(
                                instance.name(),
                                metadata.path("name").asText(),
                                metadata.path("namespace").asText(),
                                metadata.path("uid").asText());
        writes.warn(fieldPath(tree, instance.name()), "BackOff", why);
    }

    /// A running container whose image has changed is replaced, whatever the policy; one that waits
    /// waits no longer.
    private void replaceOutdated(JsonNode tree, JsonNode container) throws InterruptedException {
        var instance = instance(container);
        if (!instance.isOutdated(container)) return;
        var path = fieldPath(tree, instance.name());
        boolean init = path.startsWith("spec.initContainers");
        var running = instance.container();
        if (running != null && running.running()) {
            if (init && !RestartPolicy.isSidecar(container)) return;
            var why =
                    init
                            ? "Init container %s definition changed"
                            : "Container %s definition changed, will be restarted";
            writes.say(tree, path, "Killing", why.formatted(instance.name()));
            instance.stopProber();
            end(tree, container, running);
            instance.initializeAgain();
        }
        instance.forgive(container);
    }

    private void end(JsonNode tree, JsonNode container, Container running)
            throws InterruptedException {
        long grace = tree.at("/spec/terminationGracePeriodSeconds").asLong(30);
        ending(tree, container, running).run(Duration.ofSeconds(grace));
    }

    private ContainerEnd ending(JsonNode tree, JsonNode spec, Container container) {
        var path = fieldPath(tree, spec.path("name").asText());
        return new ContainerEnd(
                parts,
                target(tree, spec, container),
                container,
                () -> writes.warn(path, "FailedPreStopHook", "PreStopHook failed"));
    }

    private Instant now() {
        return parts.clock().instant();
    }

    /// Whether the sandbox of an earlier server can be used.
    private boolean stands() {
        return adopted.map(Adopted::ready).orElse(false);
    }

    /// Whether nothing is left to do for a pod whose sandbox is gone, for one with the machine's
    /// last run.
    private boolean isOver(JsonNode tree) {
        return !stands() && PodPlan.of(tree, states(), now()).finished();
    }

    /// The pod has been active for too long: it is stopped and has failed; its object stays.
    private void exceed(Stored current) throws InterruptedException {
        var verdict = Verdict.DEADLINE;
        writes.say(current.tree(), "", verdict.reason(), verdict.message());
        long grace = current.tree().at("/spec/terminationGracePeriodSeconds").asLong(30);
        stopGracefully(current, Optional.of(now().plusSeconds(grace)));
        report(inbox.latest(), true, Optional.of(verdict));
    }

    /// What is missing is looked for again when it comes.
    private void refresh(JsonNode tree) {
        try {
            parts.machine().refresh(tree);
        } catch (NotYetException missing) {
            writes.warn("", missing.reason(), String.valueOf(missing.getMessage()));
        }
    }

    /// @return when to try again, if it did not work
    private Optional<Instant> prepare(Stored current) {
        var tree = current.tree();
        try {
            boolean stands = stands();
            if (!stands) initializeAgain(tree);
            if (adopted.isPresent() && !stands) {
                writes.say(
                        tree,
                        "",
                        "SandboxChanged",
                        "Pod sandbox changed, it will be killed and re-created.");
                parts.runtime().removeSandbox(current.uid());
            }
            var made = parts.machine().prepare(tree);
            if (!stands) parts.runtime().createSandbox(made.sandbox());
            prepared = made;
            var without = parts.machine().unsupported(tree);
            if (!without.isEmpty() && !stands) {
                var what = "this node does without " + String.join(", ", without);
                writes.warn("", "Unsupported", what);
            }
            adopted = Optional.empty();
            all().forEach(instance -> instance.follow(tree, made.address()));
            retry = RETRY_FIRST;
            return Optional.empty();
        } catch (NotYetException later) {
            writes.warn("", later.reason(), String.valueOf(later.getMessage()));
        } catch (ContainerException broken) {
            var why = "Failed to create pod sandbox: " + broken.getMessage();
            writes.warn("", "FailedCreatePodSandBox", why);
        }
        return Optional.of(retryAt());
    }

    private void initializeAgain(JsonNode tree) {
        for (var container : tree.at("/spec/initContainers")) instance(container).initializeAgain();
    }

    private Instant retryAt() {
        var at = now().plus(retry);
        retry = retry.multipliedBy(2);
        if (retry.compareTo(RETRY_LONGEST) > 0) retry = RETRY_LONGEST;
        return at;
    }

    private static JsonNode container(JsonNode pod, String name) {
        for (var list : LISTS) {
            for (var container : pod.path("spec").path(list)) {
                if (container.path("name").asText().equals(name)) return container;
            }
        }
        throw new IllegalArgumentException("no container " + name);
    }

    /// @return when to try again, if it did not work
    private Optional<Instant> start(JsonNode tree, JsonNode container) throws InterruptedException {
        var instance = instance(container);
        var image = container.path("image").asText();
        int attempt = instance.begin(image);
        var pullAt = instance.pullAt();
        if (pullAt.isPresent() && parts.machine().image(image).isEmpty()) return pullAt;
        var path = fieldPath(tree, instance.name());
        try {
            var there = Objects.requireNonNull(prepared);
            var spec = parts.machine().container(tree, container, attempt, there);
            instance.pulled();
            writes.say(
                    tree,
                    path,
                    "Pulled",
                    "Container image \"%s\" already present on machine and can be accessed by the pod"
                            .formatted(image));
            writes.say(tree, path, "Created", "Container created");
            var started = parts.runtime().start(spec);
            instance.accept(tree, there.address(), started);
            writes.say(tree, path, "Started", "Container started");
            forget(started.key());
            postStart(tree, container, started);
            return Optional.empty();
        } catch (CannotStartException refused) {
            var why = String.valueOf(refused.getMessage());
            if (refused.reason().equals("ErrImagePull")) {
                return Optional.of(notPulled(tree, path, instance, image, why));
            }
            boolean never = refused.reason().equals("ErrImageNeverPull");
            boolean invalid = refused.reason().equals("InvalidImageName");
            if (never) writes.warn(path, refused.reason(), why);
            if (invalid) writes.warn(path, "InspectFailed", why);
            instance.waitFor(refused.reason(), why);
            writes.warn(path, "Failed", "Error: " + (never || invalid ? refused.reason() : why));
        } catch (ContainerException broken) {
            instance.waitFor("RunContainerError", String.valueOf(broken.getMessage()));
            writes.warn(path, "Failed", "Error: " + broken.getMessage());
        }
        return Optional.of(retryAt());
    }

    /// The image cannot be had: as upstream tells it, with a longer pause each time.
    ///
    /// @return when to try again; an image that is loaded meanwhile is used at once
    private Instant notPulled(
            JsonNode tree, String path, Instance instance, String image, String missing) {
        var why = "failed to pull and unpack image \"%s\": %s".formatted(image, missing);
        writes.say(tree, path, "Pulling", "Pulling image \"%s\"".formatted(image));
        writes.warn(path, "Failed", "Failed to pull image \"%s\": %s".formatted(image, why));
        writes.warn(path, "Failed", "Error: ErrImagePull");
        instance.waitFor("ErrImagePull", why);
        report(inbox.latest(), false);
        var backOff = "Back-off pulling image \"%s\"".formatted(image);
        writes.say(tree, path, "BackOff", backOff);
        writes.warn(path, "Failed", "Error: ImagePullBackOff");
        instance.waitFor("ImagePullBackOff", "%s: ErrImagePull: %s".formatted(backOff, why));
        return instance.notPulled();
    }

    /// Runs the hook, before anything else happens in this pod.
    private void postStart(JsonNode tree, JsonNode container, Container started)
            throws InterruptedException {
        var hook = container.at("/lifecycle/postStart");
        if (!hook.isObject()) return;
        var failure = parts.hooks().run(target(tree, container, started), hook);
        if (failure.isEmpty()) return;
        var path = fieldPath(tree, container.path("name").asText());
        writes.warn(path, "FailedPostStartHook", "PostStartHook failed");
        writes.say(tree, path, "Killing", "FailedPostStartHook");
        end(tree, container, started);
        instance(container).waitFor("PostStartHookError", failure.get());
    }

    private Probes.Target target(JsonNode tree, JsonNode container, Container instance) {
        return new Probes.Target(
                tree, container, instance.key(), prepared == null ? "" : prepared.address());
    }

    private static String fieldPath(JsonNode tree, String name) {
        for (var container : tree.at("/spec/initContainers")) {
            if (container.path("name").asText().equals(name)) {
                return "spec.initContainers{%s}".formatted(name);
            }
        }
        return "spec.containers{%s}".formatted(name);
    }

    /// Of what is over, the newest attempt is kept, for its log.
    private void forget(ContainerKey newest) {
        if (newest.attempt() < 2) return;
        var old = new ContainerKey(newest.podUid(), newest.name(), newest.attempt() - 2);
        try {
            parts.runtime().removeContainer(old);
        } catch (ContainerException gone) {
            if (gone.kind() != ContainerException.Kind.NOT_RUNNING) throw gone;
        }
    }

    private Map<String, ContainerState> states() {
        Map<String, ContainerState> states = new HashMap<>();
        instances.forEach((name, instance) -> states.put(name, instance.state()));
        return states;
    }

    private void report(Stored current, boolean stopped) {
        report(current, stopped, Optional.empty());
    }

    private void report(Stored current, boolean stopped, Optional<Verdict> verdict) {
        writes.status(current, tree -> status(tree, stopped, verdict));
    }

    private ObjectNode status(JsonNode tree, boolean stopped, Optional<Verdict> verdict) {
        Map<String, Machine.Image> images = new HashMap<>();
        for (var list : LISTS) {
            for (var container : tree.path("spec").path(list)) {
                var reference = container.path("image").asText();
                parts.machine().image(reference).ifPresent(image -> images.put(reference, image));
            }
        }
        var made = prepared;
        return PodStatusTree.of(
                tree,
                new PodStatusTree.Seen(
                        states(),
                        made == null ? "" : made.address(),
                        parts.nodeAddress(),
                        parts.runtime().name(),
                        images,
                        stopped,
                        verdict,
                        now()));
    }

    /// The pod was deleted: it ends in peace, then the object may go.
    private void terminate(Stored current) throws InterruptedException {
        var earliestEnd = now().plus(LAST_MOMENT);
        stopGracefully(current, Optional.empty());
        report(inbox.latest(), true);
        release(current);
        inbox.awaitVanished(earliestEnd);
        writes.remove(current);
    }

    /// SIGTERM, the grace period, SIGKILL.
    ///
    /// @param end of the grace period, for a pod that is not deleted
    private void stopGracefully(Stored current, Optional<Instant> end) throws InterruptedException {
        var tree = current.tree();
        if (prepared == null && stands()) {
            var _ = prepare(current);
        }
        all().forEach(Instance::onlyReadiness);
        List<Thread> beginning = new ArrayList<>();
        List<ContainerEnd> ends = new ArrayList<>();
        List<Container> before = new ArrayList<>();
        for (var instance : inOrderOfTheirEnd(tree)) {
            var container = instance.container();
            if (container == null || !container.running()) continue;
            var name = instance.name();
            writes.say(tree, fieldPath(tree, name), "Killing", "Stopping container " + name);
            var ending = ending(tree, instance.spec(), container);
            List<Container> others = isSidecar(tree, name) ? List.copyOf(before) : List.of();
            before.add(container);
            ends.add(ending);
            beginning.add(
                    Thread.ofVirtual().name("stop-" + name).start(() -> ending.begin(others)));
        }
        while (inbox.awaitEnd(this::isRunning, end)) report(inbox.latest(), false);
        beginning.forEach(Thread::interrupt);
        for (var thread : beginning) {
            var _ = thread.join(ContainerEnd.AFTER_SIGNAL);
        }
        if (inbox.vanished()) stopContainers();
        for (var last : ends) last.finish();
        all().forEach(Instance::stopProber);
    }

    private static boolean isSidecar(JsonNode tree, String name) {
        boolean init = fieldPath(tree, name).startsWith("spec.initContainers");
        return init && RestartPolicy.isSidecar(container(tree, name));
    }

    /// Sidecars outlive the others, the first the longest.
    private List<Instance> inOrderOfTheirEnd(JsonNode tree) {
        List<Instance> order = new ArrayList<>(all());
        List<Instance> sidecars = new ArrayList<>();
        for (var container : tree.at("/spec/initContainers")) {
            if (RestartPolicy.isSidecar(container)) sidecars.addFirst(instance(container));
        }
        order.removeAll(sidecars);
        order.addAll(sidecars);
        return order;
    }

    private boolean isRunning() {
        return all().stream().anyMatch(Instance::running);
    }

    private void stopContainers() {
        for (var instance : all()) {
            var container = instance.container();
            if (container == null || !container.running()) continue;
            container.signal(SIGKILL);
            container.exit().join();
        }
    }

    private void stopNow() {
        all().forEach(Instance::stopProber);
        stopContainers();
        release(inbox.latest());
    }

    private void release(Stored current) {
        parts.runtime().removeSandbox(current.uid());
        parts.machine().release(current.uid());
    }

    /// The key of a container's newest attempt, or of the one before.
    Optional<ContainerKey> key(String container, boolean previous) {
        var instance = instances.get(container);
        return instance == null ? Optional.empty() : instance.key(previous);
    }

    /// The key of a container that runs.
    Optional<ContainerKey> running(String container) {
        var instance = instances.get(container);
        return instance == null ? Optional.empty() : instance.runningKey();
    }
}
