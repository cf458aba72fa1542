package dev.ordinal.kinds.rbac;

import dev.ordinal.api.Admission;
import dev.ordinal.api.Api;
import dev.ordinal.api.access.Ask;
import dev.ordinal.api.access.Authorizer;
import dev.ordinal.api.access.User;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Allows what the roles bound to a user allow, and everything to `system:masters`.
///
/// It decides by a [Policy] that is read anew after a role or binding was written, so that it holds
/// when the write is answered. The default roles of a new cluster are written a little later than
/// the rest. Whoever asks for roles or would be refused before they are there waits for them.
public final class RbacAuthorizer implements Authorizer, Admission {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final CountDownLatch needed = new CountDownLatch(1);
    private final CountDownLatch complete = new CountDownLatch(1);
    private final Escalation escalation = new Escalation(this);
    private final List<Runnable> clusterRoleListeners = new CopyOnWriteArrayList<>();
    private @Nullable Api api;
    private @Nullable Policy policy;

    /// Called once, before anybody asks.
    public synchronized void load(Api api) {
        this.api = api;
    }

    /// Returns when somebody needs the default roles, or when the time is over.
    public void awaitNeed(Duration most) throws InterruptedException {
        var _ = needed.await(most.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// The default roles are there.
    public void complete() {
        complete.countDown();
    }

    /// @param listener hears of each write of a ClusterRole, on the thread that wrote it
    void whenClusterRolesChange(Runnable listener) {
        clusterRoleListeners.add(listener);
    }

    synchronized Policy policy() {
        var known = policy;
        if (known != null) return known;
        var read = api == null ? Policy.NOTHING : Policy.read(api);
        policy = read;
        return read;
    }

    /// Roles or bindings have changed.
    synchronized void forget() {
        policy = null;
    }

    @Override
    public Decision decide(Ask ask) {
        if (ask.group().equals(RoleKinds.GROUP)) awaitComplete();
        if (ask.user().mayDoEverything()) return new Decision(true, "");
        boolean early = complete.getCount() > 0; // while the policy that decides was read
        var verdict = policy().decide(ask);
        if (!verdict.allowed() && early) {
            awaitComplete();
            verdict = policy().decide(ask);
        }
        return new Decision(verdict.allowed(), verdict.reason());
    }

    private void awaitComplete() {
        needed.countDown();
        try {
            var _ = complete.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public Rules rules(User user, String namespace) {
        List<ResourceRule> resources = new ArrayList<>();
        List<PathRule> paths = new ArrayList<>();
        awaitComplete();
        var found = policy().rules(user, namespace);
        for (var rule : found.rules()) {
            if (!rule.resources().isEmpty()) {
                resources.add(
                        new ResourceRule(
                                rule.verbs(), rule.groups(), rule.resources(), rule.names()));
            }
            if (!rule.paths().isEmpty()) paths.add(new PathRule(rule.verbs(), rule.paths()));
        }
        return new Rules(resources, paths, found.error());
    }

    /// Sees every write: what changes roles must not give more than the writer has.
    @Override
    public void admit(Write write) {
        if (!write.kind().group().equals(RoleKinds.GROUP)) return;
        if (write.operation() != Operation.DELETE && !write.user().mayDoEverything()) {
            escalation.check(write);
        }
        if (write.dryRun()) return;
        boolean clusterRole = write.kind().equals(RoleKinds.CLUSTER_ROLES);
        write.onCommitted(
                () -> {
                    forget();
                    if (clusterRole) clusterRoleListeners.forEach(Runnable::run);
                });
    }
}
