package dev.ordinal.schemas;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import io.fabric8.kubernetes.api.model.Binding;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaPropsOrArray;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaPropsOrBool;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaPropsOrStringArray;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.authentication.SelfSubjectReview;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authorization.v1.LocalSubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectRulesReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.autoscaling.v1.Scale;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.policy.v1.Eviction;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClass;
import io.fabric8.kubernetes.api.model.storage.StorageClass;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Writes the schema resource: one entry per definition, one line per kind.
public final class Generator {
    private static final Map<String, Class<?>> KINDS = kinds();

    private final ObjectNode definitions = new ObjectMapper().createObjectNode();
    private final Deque<Class<?>> open = new ArrayDeque<>();

    private Generator() {}

    /// @param args the file to write
    public static void main(String[] args) throws IOException {
        var target = Path.of(args[0]);
        var root = new Generator().generate();
        var parent = target.getParent();
        if (parent != null) Files.createDirectories(parent);
        Files.write(target, new ObjectMapper().writeValueAsBytes(root));
    }

    private static Map<String, Class<?>> kinds() {
        Map<String, Class<?>> kinds = new LinkedHashMap<>();
        List.of(
                        Binding.class,
                        ConfigMap.class,
                        Event.class,
                        Namespace.class,
                        Node.class,
                        PersistentVolume.class,
                        PersistentVolumeClaim.class,
                        Pod.class,
                        Secret.class,
                        Service.class,
                        ServiceAccount.class)
                .forEach(type -> kinds.put("v1/" + type.getSimpleName(), type));
        kinds.put("meta.k8s.io/v1/DeleteOptions", DeleteOptions.class);
        kinds.put(
                "apiextensions.k8s.io/v1/CustomResourceDefinition", CustomResourceDefinition.class);
        kinds.put("apps/v1/ControllerRevision", ControllerRevision.class);
        kinds.put("apps/v1/StatefulSet", StatefulSet.class);
        List.of(SelfSubjectReview.class, TokenRequest.class, TokenReview.class)
                .forEach(
                        type ->
                                kinds.put(
                                        "authentication.k8s.io/v1/" + type.getSimpleName(), type));
        List.of(
                        LocalSubjectAccessReview.class,
                        SelfSubjectAccessReview.class,
                        SelfSubjectRulesReview.class,
                        SubjectAccessReview.class)
                .forEach(
                        type -> kinds.put("authorization.k8s.io/v1/" + type.getSimpleName(), type));
        kinds.put("autoscaling/v1/Scale", Scale.class);
        kinds.put("coordination.k8s.io/v1/Lease", Lease.class);
        kinds.put("discovery.k8s.io/v1/EndpointSlice", EndpointSlice.class);
        kinds.put("events.k8s.io/v1/Event", io.fabric8.kubernetes.api.model.events.v1.Event.class);
        kinds.put("policy/v1/Eviction", Eviction.class);
        List.of(ClusterRole.class, ClusterRoleBinding.class, Role.class, RoleBinding.class)
                .forEach(
                        type ->
                                kinds.put(
                                        "rbac.authorization.k8s.io/v1/" + type.getSimpleName(),
                                        type));
        kinds.put("scheduling.k8s.io/v1/PriorityClass", PriorityClass.class);
        kinds.put("storage.k8s.io/v1/StorageClass", StorageClass.class);
        return kinds;
    }

    private ObjectNode generate() {
        var root = new ObjectMapper().createObjectNode();
        var kinds = root.putObject("kinds");
        KINDS.forEach((kind, type) -> kinds.put(kind, reference(type)));
        Set<Class<?>> done = new HashSet<>();
        for (var type = open.poll(); type != null; type = open.poll()) {
            if (done.add(type)) definitions.set(definitionName(type), definition(type));
        }
        root.set("definitions", definitions);
        return root;
    }

    private String reference(Class<?> type) {
        open.add(type);
        return definitionName(type);
    }

    /// The name OpenAPI gives it: `io.k8s.api.core.v1.Container`.
    private static String definitionName(Class<?> type) {
        var simple = type.getSimpleName();
        var where = type.getPackageName().replace("io.fabric8.kubernetes.api.model", "");
        if (META.contains(simple)) return "io.k8s.apimachinery.pkg.apis.meta.v1." + simple;
        return switch (where) {
            case "" -> "io.k8s.api.core.v1." + simple;
            case ".apiextensions.v1" ->
                    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1." + simple;
            case ".apps" -> "io.k8s.api.apps.v1." + simple;
            case ".authentication", ".rbac", ".storage" -> "io.k8s.api" + where + ".v1." + simple;
            default -> "io.k8s.api" + where + "." + simple;
        };
    }

    private static final Set<Type> SCHEMA_OR_OTHER =
            Set.of(
                    JSONSchemaPropsOrArray.class,
                    JSONSchemaPropsOrBool.class,
                    JSONSchemaPropsOrStringArray.class);

    private static final Set<String> META =
            Set.of(
                    "ObjectMeta",
                    "OwnerReference",
                    "ManagedFieldsEntry",
                    "FieldsV1",
                    "FieldSelectorRequirement",
                    "LabelSelector",
                    "LabelSelectorRequirement",
                    "DeleteOptions",
                    "Preconditions",
                    "Condition");

    private ObjectNode definition(Class<?> type) {
        var fields = new ObjectMapper().createObjectNode();
        for (var field : type.getDeclaredFields()) {
            var named = field.getAnnotation(JsonProperty.class);
            if (named == null) continue;
            var path = factName(type) + "." + named.value();
            if (Facts.NEWER.contains(path)) continue;
            fields.set(named.value(), field(path, named.value(), field));
        }
        return fields;
    }

    private static String factName(Class<?> type) {
        return (type.getPackageName().contains(".events.") ? "events." : "") + type.getSimpleName();
    }

    private ObjectNode field(String path, String name, Field field) {
        var entry = shape(path, name, field.getGenericType());
        var patch = Facts.PATCH.get(path);
        if (patch != null) {
            var parts = patch.split(" ", 2);
            entry.put("patchStrategy", parts[0]);
            if (parts.length == 2) entry.put("patchMergeKey", parts[1]);
        }
        var list = Facts.LIST_TYPE.get(path);
        if (list != null && !list.equals("granular")) entry.put("list", list);
        var zero = zero(path, name, entry.path("type").asText());
        if (zero != null) entry.put("zero", zero);
        return entry;
    }

    /// `emit`, `keep` or nothing for the usual: dropped.
    private static @Nullable String zero(String path, String name, String type) {
        if (Facts.EMITTED.contains(path) || Facts.EMITTED.contains("*." + name)) return "emit";
        return switch (type) {
            case "STRING" -> Facts.KEPT_WHEN_EMPTY.contains(path) ? "keep" : null;
            case "INTEGER", "BOOLEAN", "NUMBER" ->
                    Facts.DROPPED_WHEN_ZERO.contains(path)
                                    || Facts.DROPPED_WHEN_ZERO.contains("*." + name)
                            ? null
                            : "keep";
            case "LIST", "MAP" -> null;
            default -> "keep";
        };
    }

    private ObjectNode shape(String path, String name, Type type) {
        var entry = new ObjectMapper().createObjectNode();
        if (type instanceof ParameterizedType generic) {
            var raw = (Class<?>) generic.getRawType();
            var arguments = generic.getActualTypeArguments();
            if (List.class.isAssignableFrom(raw)) {
                entry.put("type", "LIST").set("items", shape(path, name, arguments[0]));
            } else {
                entry.put("type", "MAP").set("items", shape(path, name, arguments[1]));
            }
            return entry;
        }
        if (type == String.class) {
            if (Facts.BYTES.contains(path)) return entry.put("type", "BYTES");
            return entry.put("type", Facts.TIMES.contains(name) ? "TIME" : "STRING");
        }
        if (type == Integer.class || type == int.class) {
            return entry.put("type", "INTEGER").put("format", "int32");
        }
        if (type == Long.class || type == long.class) {
            return entry.put("type", "INTEGER").put("format", "int64");
        }
        if (type == Double.class) return entry.put("type", "NUMBER");
        if (type == Boolean.class || type == boolean.class) return entry.put("type", "BOOLEAN");
        if (type == Quantity.class) return entry.put("type", "QUANTITY");
        if (type == IntOrString.class) return entry.put("type", "INT_OR_STRING");
        if (type == MicroTime.class || type == ZonedDateTime.class) {
            return entry.put("type", "MICRO_TIME");
        }
        if (SCHEMA_OR_OTHER.contains(type)) {
            return entry.put("type", "OBJECT_OR_OTHER")
                    .put("definition", reference(JSONSchemaProps.class));
        }
        if (type instanceof Class<?> model
                && model.getName().startsWith("io.fabric8.")
                && described(model)) {
            entry.put("type", "OBJECT").put("definition", reference(model));
            boolean granular = "granular".equals(Facts.LIST_TYPE.get(path));
            if (!granular && Facts.ATOMIC_OBJECTS.contains(model.getSimpleName())) {
                entry.put("atomic", true);
            }
            return entry;
        }
        return entry.put("type", "ANY");
    }

    /// It has fields of its own, unlike FieldsV1 and RawExtension.
    private static boolean described(Class<?> model) {
        for (var field : model.getDeclaredFields()) {
            if (field.getAnnotation(JsonProperty.class) != null) return true;
        }
        return false;
    }
}
