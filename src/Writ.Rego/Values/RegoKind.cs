namespace Writ.Rego.Values;

/// <summary>The kinds of values, in the order in which values of different kinds compare.</summary>
public enum RegoKind
{
    /// <summary>The null value.</summary>
    Null,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A number of arbitrary precision.</summary>
    Number,

    /// <summary>A string of code points.</summary>
    String,

    /// <summary>An ordered list of values.</summary>
    Array,

    /// <summary>A map from values to values.</summary>
    Object,

    /// <summary>A set of values.</summary>
    Set,
}
