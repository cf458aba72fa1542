package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Admission;
import dev.ordinal.api.ApiException;
import dev.ordinal.control.Types;

import java.util.List;

/// A new pod runs as a ServiceAccount that exists; `default` unless it says otherwise.
///
/// @see "Kubernetes documentation: Admission Controllers, ServiceAccount"
public final class PodAdmission implements Admission {
    @Override
    public void admit(Write write) {
        if (write.operation() == Operation.DELETE
                || write.subresource() != null
                || !write.kind().type().equals(Pods.KIND.type())) return;
        var pod = write.object();
        var spec = pod.withObjectProperty("spec");
        addTolerations(spec);
        if (write.old() != null) return;
        if (spec.path("serviceAccountName").asText().isEmpty()) {
            spec.put("serviceAccountName", "default").put("serviceAccount", "default");
        }
        var name = spec.path("serviceAccountName").asText();
        try {
            var account = write.api().get(Types.SERVICE_ACCOUNTS, write.namespace(), name);
            if (mountsToken(spec, account.tree())) {
                TokenVolume.add(spec, pod.at("/metadata/uid").asText());
            }
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
    }

    /// The pod's word counts before the account's.
    private static boolean mountsToken(JsonNode spec, JsonNode account) {
        var asked = spec.path("automountServiceAccountToken");
        return asked.isBoolean()
                ? asked.asBoolean()
                : account.path("automountServiceAccountToken").asBoolean(true);
    }

    /// What the admission DefaultTolerationSeconds adds, also to a write that leaves it out again.
    private static void addTolerations(ObjectNode spec) {
        for (var taint :
                List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")) {
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
