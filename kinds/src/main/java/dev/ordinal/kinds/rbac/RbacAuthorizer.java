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
/// when the write is answered. As long as the default roles of a new cluster are not all there, it
/// waits a little before it says no.
public final class RbacAuthorizer implements Authorizer, Admission {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final CountDownLatch complete = new CountDownLatch(1);
    private final Escalation escalation = new Escalation(this);
    private final List<Runnable> clusterRoleListeners = new CopyOnWriteArrayList<>();
    private @Nullable Api api;
    private @Nullable Policy policy;

    /// Called once, before anybody asks.
    public synchronized void load(Api api) {
        this.api = api;
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

    private synchronized void forget() {
        policy = null;
    }

    @Override
    public Decision decide(Ask ask) {
        if (ask.user().mayDoEverything()) return new Decision(true, "");
        var verdict = policy().decide(ask);
        if (!verdict.allowed() && complete.getCount() > 0 && isCompleteSoon()) {
            verdict = policy().decide(ask);
        }
        return new Decision(verdict.allowed(), verdict.reason());
    }

    private boolean isCompleteSoon() {
        try {
            return complete.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public Rules rules(User user, String namespace) {
        List<ResourceRule> resources = new ArrayList<>();
        List<PathRule> paths = new ArrayList<>();
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
