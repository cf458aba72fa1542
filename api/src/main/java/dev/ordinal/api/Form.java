package dev.ordinal.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.apply.Shape;
import dev.ordinal.api.schema.Decoder.TypeException;

import java.util.function.Consumer;

/// How objects look whose fields a user has described: those of custom resources. A [Kind] without
/// one goes by its [dev.ordinal.api.schema.Schema] alone.
public interface Form {
    /// Drops what the description does not know; the given tree stays as it is.
    ///
    /// @param unknown hears the path of each field that was dropped
    /// @throws TypeException the metadata cannot be read; other fields are checked by rules
    ObjectNode decode(ObjectNode tree, Consumer<String> unknown) throws TypeException;

    /// Fills in every default, and drops nulls that may not be; doing it again changes nothing.
    void fillDefaults(ObjectNode object);

    /// The object with its keys in canonical order.
    ObjectNode shape(ObjectNode object);

    /// Which of its parts have owners of their own.
    Shape applied();

    /// What OpenAPI v3 tells of the fields, without metadata, apiVersion and kind.
    ObjectNode published();
}
