namespace Writ.Rego.Tree;

/// <summary>How a rule was written, where its meaning is the same.</summary>
[Flags]
internal enum RuleForm
{
    None = 0,

    /// <summary><c>:=</c> and not <c>=</c>.</summary>
    Assign = 1,

    /// <summary>The keyword <c>if</c> stands before the body.</summary>
    If = 2,

    /// <summary>The keyword <c>contains</c> stands before the element.</summary>
    Contains = 4,

    /// <summary>There is a body; without it the body is <c>true</c>.</summary>
    Body = 8,

    /// <summary>The body lies in braces.</summary>
    Braces = 16,

    /// <summary>Another body of the rule above it: <c>p { … } { … }</c>.</summary>
    Chained = 32,
}
