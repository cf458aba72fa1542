/// Who owns which fields: sets of field paths, what a configuration changes, conflicts, and the
/// entries of `metadata.managedFields`. Trees and sets come in and go out; nothing here stores or
/// knows kinds. Start at `FieldManager`; `Shape` says how a value's parts are told apart.
///
/// @see "upstream: structured-merge-diff, and apimachinery/pkg/util/managedfields"
@NullMarked
package dev.ordinal.api.apply;

import org.jspecify.annotations.NullMarked;
