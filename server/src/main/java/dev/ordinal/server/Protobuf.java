package dev.ordinal.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.Decoding;
import dev.ordinal.api.Kind;

import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.Runtime;
import io.kubernetes.client.proto.V1;
import io.kubernetes.client.proto.V1Apps;
import io.kubernetes.client.proto.V1Authentication;
import io.kubernetes.client.proto.V1Authorization;
import io.kubernetes.client.proto.V1Autoscaling;
import io.kubernetes.client.proto.V1Policy;
import io.kubernetes.client.proto.V1Rbac;
import io.kubernetes.client.proto.V1Storage;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;

/// Turns the protobuf bodies that typed clients send into JSON trees.
///
/// @see "Kubernetes documentation: API Concepts, Protobuf encoding"
final class Protobuf {
    static final String MEDIA_TYPE = "application/vnd.kubernetes.protobuf";

    private static final String NOT_ENCODED =
            "provided data does not appear to be a protobuf message, expected prefix [107 56 115"
                    + " 0]";
    private static final byte[] MAGIC = {0x6b, 0x38, 0x73, 0x00};
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Protobuf() {}

    /// @param kind what the body should be of
    /// @throws ApiException BadRequest: not the encoding, or of a kind that is not known
    static ObjectNode decode(Kind kind, byte[] body) {
        if (isEncoded(body)) return decode(body);
        throw ApiException.badRequest(
                "the object provided is unrecognized (must be of type %s): %s (%s)"
                        .formatted(kind.kind(), NOT_ENCODED, Decoding.excerpt(body)));
    }

    private static boolean isEncoded(byte[] body) {
        return body.length >= MAGIC.length && java.util.Arrays.equals(body, 0, 4, MAGIC, 0, 4);
    }

    /// @throws ApiException BadRequest: not the encoding, or of a kind that is not known
    static ObjectNode decode(byte[] body) {
        if (!isEncoded(body)) throw ApiException.badRequest(NOT_ENCODED);
        try {
            var unknown = Runtime.Unknown.parseFrom(ByteString.copyFrom(body, 4, body.length - 4));
            var apiVersion = unknown.getTypeMeta().getApiVersion();
            var kind = unknown.getTypeMeta().getKind();
            var descriptor = descriptor(apiVersion, kind);
            var tree = message(DynamicMessage.parseFrom(descriptor, unknown.getRaw()));
            if (!apiVersion.isEmpty()) tree.put("apiVersion", apiVersion);
            if (!kind.isEmpty()) tree.put("kind", kind);
            return tree;
        } catch (InvalidProtocolBufferException malformed) {
            throw ApiException.badRequest("protobuf: " + malformed.getMessage());
        }
    }

    private static Descriptor descriptor(String apiVersion, String kind) {
        var files =
                switch (apiVersion) {
                    case "v1" -> List.of(V1.getDescriptor(), Meta.getDescriptor());
                    case "apps/v1" -> List.of(V1Apps.getDescriptor());
                    case "authentication.k8s.io/v1" -> List.of(V1Authentication.getDescriptor());
                    case "authorization.k8s.io/v1" -> List.of(V1Authorization.getDescriptor());
                    case "rbac.authorization.k8s.io/v1" -> List.of(V1Rbac.getDescriptor());
                    case "autoscaling/v1" -> List.of(V1Autoscaling.getDescriptor());
                    case "policy/v1" -> List.of(V1Policy.getDescriptor());
                    case "storage.k8s.io/v1" -> List.of(V1Storage.getDescriptor());
                    case "meta.k8s.io/v1" -> List.of(Meta.getDescriptor());
                    default -> NewerMessages.of(apiVersion).stream().toList();
                };
        for (var file : files) {
            var found = file.findMessageTypeByName(kind);
            if (found != null) return found;
        }
        throw ApiException.badRequest(
                "no kind \"%s\" is registered for version \"%s\"".formatted(kind, apiVersion));
    }

    private static ObjectNode message(Message message) {
        var tree = NODES.objectNode();
        for (var field : message.getAllFields().entrySet()) {
            var value = value(field.getKey(), field.getValue());
            if (value != null) tree.set(name(field.getKey()), value);
        }
        return inlined(message.getDescriptorForType().getName(), tree);
    }

    /// Volumes and probes carry their source in a sub-message that JSON does not show.
    private static ObjectNode inlined(String type, ObjectNode tree) {
        var hidden =
                switch (type) {
                    case "Volume" -> "volumeSource";
                    case "Probe" -> "handler";
                    case "PersistentVolumeSpec" -> "persistentVolumeSource";
                    case "EphemeralContainer" -> "ephemeralContainerCommon";
                    case "ConfigMapKeySelector",
                            "SecretKeySelector",
                            "ConfigMapEnvSource",
                            "SecretEnvSource",
                            "ConfigMapVolumeSource",
                            "ConfigMapProjection",
                            "SecretProjection" ->
                            "localObjectReference";
                    default -> "";
                };
        if (!hidden.isEmpty() && tree.remove(hidden) instanceof ObjectNode content) {
            tree.setAll(content);
        }
        return tree;
    }

    private static String name(FieldDescriptor field) {
        return switch (field.getName()) {
            case "iP" -> "ip";
            default -> field.getName();
        };
    }

    private static @Nullable JsonNode value(FieldDescriptor field, Object value) {
        if (field.isMapField()) {
            var map = NODES.objectNode();
            for (var entry : (List<?>) value) {
                var pair = (Message) entry;
                var type = pair.getDescriptorForType();
                var key = pair.getField(type.findFieldByName("key")).toString();
                var item = single(pair.getField(type.findFieldByName("value")));
                if (item != null) map.set(key, item);
            }
            return map;
        }
        if (field.isRepeated()) {
            var list = NODES.arrayNode();
            for (var item : (List<?>) value) {
                var node = single(item);
                if (node != null) list.add(node);
            }
            return list;
        }
        return single(value);
    }

    private static @Nullable JsonNode single(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case String text -> NODES.textNode(text);
            case Integer number -> NODES.numberNode(number);
            case Long number -> NODES.numberNode(number);
            case Double number -> NODES.numberNode(number);
            case Boolean flag -> NODES.booleanNode(flag);
            case ByteString bytes ->
                    NODES.textNode(Base64.getEncoder().encodeToString(bytes.toByteArray()));
            case EnumValueDescriptor choice -> NODES.textNode(choice.getName());
            case Message message -> special(message);
            default -> throw new IllegalStateException("unexpected " + value.getClass());
        };
    }

    private static @Nullable JsonNode special(Message message) {
        return switch (message.getDescriptorForType().getFullName()) {
            case "k8s.io.apimachinery.pkg.apis.meta.v1.Time",
                    "k8s.io.apimachinery.pkg.apis.meta.v1.MicroTime" ->
                    time(message);
            case "k8s.io.apimachinery.pkg.api.resource.Quantity" -> text(message, "string");
            case "k8s.io.apimachinery.pkg.util.intstr.IntOrString" ->
                    number(message, "type") == 1
                            ? text(message, "strVal")
                            : NODES.numberNode((int) number(message, "intVal"));
            case "k8s.io.apimachinery.pkg.runtime.RawExtension" -> raw(message, "raw");
            case "k8s.io.apimachinery.pkg.apis.meta.v1.FieldsV1" -> raw(message, "Raw");
            default -> message(message);
        };
    }

    private static @Nullable JsonNode time(Message message) {
        long seconds = number(message, "seconds");
        long nanos = number(message, "nanos");
        if (message.getAllFields().isEmpty()) return null;
        return NODES.textNode(Instant.ofEpochSecond(seconds, nanos).toString());
    }

    private static JsonNode text(Message message, String field) {
        return NODES.textNode(get(message, field).toString());
    }

    private static long number(Message message, String field) {
        return ((Number) get(message, field)).longValue();
    }

    private static Object get(Message message, String field) {
        return message.getField(message.getDescriptorForType().findFieldByName(field));
    }

    private static @Nullable JsonNode raw(Message message, String field) {
        var bytes = ((ByteString) get(message, field)).toByteArray();
        try {
            return new com.fasterxml.jackson.databind.ObjectMapper().readTree(bytes);
        } catch (java.io.IOException malformed) {
            throw ApiException.badRequest(
                    "malformed JSON inside protobuf: " + new String(bytes, StandardCharsets.UTF_8));
        }
    }
}
