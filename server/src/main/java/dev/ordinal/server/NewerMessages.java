package dev.ordinal.server;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;

import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.V1;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The messages of groups that the generated classes lack, by group version: one line per
/// message, `field:type=number` each. `*` marks repeated fields; types with a dot are those of
/// the core and meta groups.
///
/// @see "upstream: k8s.io/api, generated.proto of coordination/v1, discovery/v1 and events/v1"
final class NewerMessages {
    private static final Map<String, List<String>> MESSAGES =
            Map.of(
                    "coordination.k8s.io/v1",
                    List.of(
                            "Lease metadata:meta.ObjectMeta=1 spec:LeaseSpec=2",
                            "LeaseSpec holderIdentity:string=1 leaseDurationSeconds:int32=2"
                                    + " acquireTime:meta.MicroTime=3 renewTime:meta.MicroTime=4"
                                    + " leaseTransitions:int32=5 strategy:string=6"
                                    + " preferredHolder:string=7"),
                    "discovery.k8s.io/v1",
                    List.of(
                            "EndpointSlice metadata:meta.ObjectMeta=1 endpoints:Endpoint*=2"
                                    + " ports:EndpointPort*=3 addressType:string=4",
                            "Endpoint addresses:string*=1 conditions:EndpointConditions=2"
                                    + " hostname:string=3 targetRef:core.ObjectReference=4"
                                    + " deprecatedTopology:map=5 nodeName:string=6 zone:string=7"
                                    + " hints:EndpointHints=8",
                            "EndpointConditions ready:bool=1 serving:bool=2 terminating:bool=3",
                            "EndpointHints forZones:ForZone*=1 forNodes:ForNode*=2",
                            "EndpointPort name:string=1 protocol:string=2 port:int32=3"
                                    + " appProtocol:string=4",
                            "ForNode name:string=1",
                            "ForZone name:string=1"),
                    "events.k8s.io/v1",
                    List.of(
                            "Event metadata:meta.ObjectMeta=1 eventTime:meta.MicroTime=2"
                                    + " series:EventSeries=3 reportingController:string=4"
                                    + " reportingInstance:string=5 action:string=6 reason:string=7"
                                    + " regarding:core.ObjectReference=8"
                                    + " related:core.ObjectReference=9 note:string=10"
                                    + " type:string=11 deprecatedSource:core.EventSource=12"
                                    + " deprecatedFirstTimestamp:meta.Time=13"
                                    + " deprecatedLastTimestamp:meta.Time=14"
                                    + " deprecatedCount:int32=15",
                            "EventSeries count:int32=1 lastObservedTime:meta.MicroTime=2"));

    private static final String ENTRY = "Entry";

    private NewerMessages() {}

    static Optional<FileDescriptor> of(String apiVersion) {
        return Optional.ofNullable(MESSAGES.get(apiVersion)).map(m -> file(apiVersion, m));
    }

    private static FileDescriptor file(String apiVersion, List<String> messages) {
        var file =
                FileDescriptorProto.newBuilder()
                        .setName(apiVersion)
                        .setPackage(apiVersion.replace('/', '.'))
                        .addDependency(V1.getDescriptor().getName())
                        .addDependency(Meta.getDescriptor().getName());
        for (var line : messages) {
            var words = List.of(line.split(" ", -1));
            var message = DescriptorProto.newBuilder().setName(words.getFirst());
            words.stream().skip(1).forEach(word -> add(message, word));
            file.addMessageType(message);
        }
        try {
            return FileDescriptor.buildFrom(
                    file.build(), new FileDescriptor[] {V1.getDescriptor(), Meta.getDescriptor()});
        } catch (DescriptorValidationException wrong) {
            throw new IllegalStateException(wrong);
        }
    }

    private static void add(DescriptorProto.Builder message, String word) {
        int colon = word.indexOf(':');
        int equals = word.indexOf('=');
        var type = word.substring(colon + 1, equals);
        boolean repeated = type.endsWith("*") || type.equals("map");
        var field =
                FieldDescriptorProto.newBuilder()
                        .setName(word.substring(0, colon))
                        .setNumber(Integer.parseInt(word.substring(equals + 1)))
                        .setLabel(
                                repeated
                                        ? FieldDescriptorProto.Label.LABEL_REPEATED
                                        : FieldDescriptorProto.Label.LABEL_OPTIONAL);
        if (type.equals("map")) {
            var entry = Character.toUpperCase(word.charAt(0)) + word.substring(1, colon) + ENTRY;
            var nested =
                    DescriptorProto.newBuilder()
                            .setName(entry)
                            .setOptions(MessageOptions.newBuilder().setMapEntry(true));
            add(nested, "key:string=1");
            add(nested, "value:string=2");
            message.addNestedType(nested);
            message.addField(field.setTypeName(entry));
            return;
        }
        var single = type.replace("*", "");
        switch (single) {
            case "string" -> field.setType(FieldDescriptorProto.Type.TYPE_STRING);
            case "int32" -> field.setType(FieldDescriptorProto.Type.TYPE_INT32);
            case "bool" -> field.setType(FieldDescriptorProto.Type.TYPE_BOOL);
            default ->
                    field.setTypeName(
                            single.replaceFirst(
                                            "^meta\\.", ".k8s.io.apimachinery.pkg.apis.meta.v1.")
                                    .replaceFirst("^core\\.", ".k8s.io.api.core.v1."));
        }
        message.addField(field);
    }
}
