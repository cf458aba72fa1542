package dev.ordinal.api;

import java.util.List;
import java.util.Set;

/// Nothing new in a namespace that is missing or on its way out; some namespaces stay for ever.
///
/// @see "Kubernetes documentation: Admission Controllers, NamespaceLifecycle"
public final class NamespaceLifecycle implements Admission {
    private static final GroupVersionResource NAMESPACES =
            GroupVersionResource.of("v1", "namespaces");
    private static final Set<String> IMMORTAL = Set.of("default", "kube-system", "kube-public");

    @Override
    public void admit(Write write) {
        var kind = write.kind();
        if (kind.type().equals(NAMESPACES)) {
            if (write.operation() == Operation.DELETE && IMMORTAL.contains(write.name())) {
                throw ApiException.forbidden(
                        NAMESPACES, write.name(), "this namespace may not be deleted");
            }
            return;
        }
        if (write.operation() != Operation.CREATE || !kind.namespaced()) return;
        var namespace = write.api().get(NAMESPACES, null, write.namespace());
        if (!namespace.tree().path("metadata").has("deletionTimestamp")) return;
        var name = write.namespace();
        throw new ApiException(
                new Status(
                        403,
                        "Forbidden",
                        "%s \"%s\" is forbidden: unable to create new content in namespace %s because it is being terminated"
                                .formatted(kind.type().groupResource(), write.name(), name),
                        new Status.Details(
                                write.name(),
                                kind.group(),
                                kind.plural(),
                                "",
                                List.of(
                                        new Status.Cause(
                                                "NamespaceTerminating",
                                                "namespace %s is being terminated".formatted(name),
                                                "metadata.namespace")),
                                0)));
    }
}
