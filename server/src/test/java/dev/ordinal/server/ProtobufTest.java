package dev.ordinal.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;

import dev.ordinal.testing.Rule;

import io.kubernetes.client.proto.Runtime;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;

/// Bodies of the groups that the generated classes lack, as typed Go clients send them.
class ProtobufTest {
    @Rule("api 2.3")
    @Test
    void aLeaseIsRead() throws IOException {
        var lease = "0a060a046c65616412160a026831100f1a0a08a5ebdcca0610c0843d28013200";
        assertThat(decoded("coordination.k8s.io/v1", "Lease", lease))
                .isEqualTo(
                        json(
                                """
                                {"metadata": {"name": "lead"},
                                 "spec": {"holderIdentity": "h1", "leaseDurationSeconds": 15,
                                          "acquireTime": "2026-01-02T03:04:05.001Z",
                                          "leaseTransitions": 1, "strategy": ""},
                                 "apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
                                """));
    }

    @Rule("api 2.3")
    @Test
    void aSliceIsRead() throws IOException {
        var slice =
                "12160a0831302e312e302e32120208012a060a01611201621a090a0012035443501850220449507634";
        assertThat(decoded("discovery.k8s.io/v1", "EndpointSlice", slice))
                .isEqualTo(
                        json(
                                """
                                {"endpoints": [{"addresses": ["10.1.0.2"],
                                                "conditions": {"ready": true},
                                                "deprecatedTopology": {"a": "b"}}],
                                 "ports": [{"name": "", "protocol": "TCP", "port": 80}],
                                 "addressType": "IPv4",
                                 "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice"}
                                """));
    }

    @Rule("api 2.3")
    @Test
    void anEventIsReadAndEmptyTimesAreAbsent() throws IOException {
        var event =
                "0a030a0165120a08a5ebdcca0610c0843d220d6578616d706c652e636f6d2f63"
                        + "42080a03506f641a017062006a00";
        assertThat(decoded("events.k8s.io/v1", "Event", event))
                .isEqualTo(
                        json(
                                """
                                {"metadata": {"name": "e"},
                                 "eventTime": "2026-01-02T03:04:05.001Z",
                                 "reportingController": "example.com/c",
                                 "regarding": {"kind": "Pod", "name": "p"},
                                 "deprecatedSource": {},
                                 "apiVersion": "events.k8s.io/v1", "kind": "Event"}
                                """));
    }

    private static JsonNode decoded(String apiVersion, String kind, String hex) throws IOException {
        var raw = ByteString.copyFrom(HexFormat.of().parseHex(hex));
        var type = Runtime.TypeMeta.newBuilder().setApiVersion(apiVersion).setKind(kind);
        var body = new ByteArrayOutputStream();
        body.write(new byte[] {'k', '8', 's', 0});
        Runtime.Unknown.newBuilder().setTypeMeta(type).setRaw(raw).build().writeTo(body);
        return json(Protobuf.decode(body.toByteArray()).toString());
    }

    /// Numbers of equal value are equal, whatever they were read from.
    private static JsonNode json(String text) throws IOException {
        return new ObjectMapper().readTree(text);
    }
}
