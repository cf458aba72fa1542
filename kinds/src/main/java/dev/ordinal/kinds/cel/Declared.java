package dev.ordinal.kinds.cel;

import com.fasterxml.jackson.databind.JsonNode;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.cel.common.values.CelByteString;
import dev.cel.common.values.NullValue;

import java.util.List;
import java.util.Map;

/// What a structural schema says of a value: its type in expressions, and how it is read from JSON.
///
/// @see "upstream: apiserver/pkg/cel/common, SchemaDeclType and UnstructuredToVal"
public sealed interface Declared {
    CelType type();

    /// The value as expressions see it. What a schema with rules leaves as it was before an update
    /// may be of another type: then it is seen as it is.
    Object value(JsonNode json);

    static Object orNull(Declared declared, JsonNode json) {
        return json.isNull() ? NullValue.NULL_VALUE : declared.value(json);
    }

    /// @param read the JSON as a value of the type
    record Scalar(CelType type, Reader read) implements Declared {
        @Override
        public Object value(JsonNode json) {
            return read.of(json);
        }
    }

    /// Reads one scalar.
    interface Reader {
        Object of(JsonNode json);
    }

    /// @param listType `atomic`, `set` or `map`
    /// @param keys the properties that name an item of a `map`
    record Items(Declared items, String listType, List<String> keys) implements Declared {
        @Override
        public CelType type() {
            return ListType.create(items.type());
        }

        @Override
        public Object value(JsonNode json) {
            return json.isArray() ? new ListView(this, json) : Scalars.any(json);
        }
    }

    record Entries(Declared values) implements Declared {
        @Override
        public CelType type() {
            return MapType.create(SimpleType.STRING, values.type());
        }

        @Override
        public Object value(JsonNode json) {
            return json.isObject() ? new EntriesView(values, json) : Scalars.any(json);
        }
    }

    /// @param fields by their names in expressions
    record Struct(StructType type, Map<String, Property> fields) implements Declared {
        @Override
        public Object value(JsonNode json) {
            return json.isObject() ? new ObjectView(this, json) : Scalars.any(json);
        }
    }

    /// @param name as in JSON
    record Property(String name, Declared declared) {}

    /// How scalars are read.
    final class Scalars {
        private Scalars() {}

        /// A value whose type only the object tells.
        static Object any(JsonNode json) {
            return switch (json.getNodeType()) {
                case STRING -> json.textValue();
                case BOOLEAN -> json.booleanValue();
                case NUMBER ->
                        json.isIntegralNumber()
                                ? (Object) json.longValue()
                                : (Object) json.doubleValue();
                default -> NullValue.NULL_VALUE;
            };
        }

        static Object whole(JsonNode json) {
            return json.isNumber() ? json.longValue() : any(json);
        }

        static Object fraction(JsonNode json) {
            return json.isNumber() ? json.doubleValue() : any(json);
        }

        static Object bytes(JsonNode json) {
            var text = json.asText().replace("\n", "").replace("\r", "");
            return CelByteString.of(java.util.Base64.getDecoder().decode(text));
        }
    }
}
