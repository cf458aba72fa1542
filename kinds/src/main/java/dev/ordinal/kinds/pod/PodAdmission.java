package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Admission;
import dev.ordinal.api.ApiException;
import dev.ordinal.kinds.serviceaccount.ServiceAccounts;

/// A new pod runs as a ServiceAccount that exists; `default` unless it says otherwise.
///
/// @see "Kubernetes documentation: Admission Controllers, ServiceAccount"
public final class PodAdmission implements Admission {
    @Override
    public void admit(Write write) {
        if (write.operation() != Operation.CREATE
                || write.subresource() != null
                || !write.kind().type().equals(Pods.KIND.type())) return;
        var pod = write.object();
        var spec = pod.withObjectProperty("spec");
        if (spec.path("serviceAccountName").asText().isEmpty()) {
            spec.put("serviceAccountName", "default").put("serviceAccount", "default");
        }
        var name = spec.path("serviceAccountName").asText();
        try {
            var account = write.api().get(ServiceAccounts.KIND.type(), write.namespace(), name);
            if (spec.path("imagePullSecrets").isEmpty() && account.tree().has("imagePullSecrets")) {
                spec.set("imagePullSecrets", account.tree().path("imagePullSecrets").deepCopy());
            }
        } catch (ApiException missing) {
            if (missing.code() != 404) throw missing;
            throw ApiException.forbidden(
                    Pods.KIND.type(),
                    write.name(),
                    "error looking up service account %s/%s: serviceaccount \"%s\" not found"
                            .formatted(write.namespace(), name, name));
        }
        fillScheduling(spec);
    }

    /// What the admissions Priority and DefaultTolerationSeconds add.
    private static void fillScheduling(ObjectNode spec) {
        if (!spec.has("priority")) spec.put("priority", 0);
        if (!spec.has("preemptionPolicy")) spec.put("preemptionPolicy", "PreemptLowerPriority");
        for (var taint :
                java.util.List.of(
                        "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")) {
            boolean tolerated = false;
            for (var toleration : spec.path("tolerations")) {
                var key = toleration.path("key").asText();
                var effect = toleration.path("effect").asText();
                tolerated |=
                        (key.equals(taint) || key.isEmpty())
                                && (effect.equals("NoExecute") || effect.isEmpty());
            }
            if (tolerated) continue;
            spec.withArrayProperty("tolerations")
                    .addObject()
                    .put("key", taint)
                    .put("operator", "Exists")
                    .put("effect", "NoExecute")
                    .put("tolerationSeconds", 300);
        }
    }
}
