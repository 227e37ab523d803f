namespace Writ.Rego.Builtins.Patterns.Automata;

/// <summary>What a step of a program does.</summary>
internal enum StepKind
{
    /// <summary>All that was wanted has been found.</summary>
    Match,

    /// <summary>Takes a code point of a class.</summary>
    Take,

    /// <summary>Goes two ways.</summary>
    Fork,

    /// <summary>Goes on where the place is right.</summary>
    Ask,

    /// <summary>Remembers the place in a slot.</summary>
    Save,
}
