namespace Writ.Rego;

/// <summary>The syntax that a module is written in.</summary>
public enum RegoVersion
{
    /// <summary>
    /// Of OPA before 1.0: <c>if</c>, <c>contains</c>, <c>in</c> and <c>every</c> are words only when imported.
    /// </summary>
    V0,

    /// <summary>Of OPA 1.0 and later: <c>if</c> before every body, <c>contains</c> in every multi-value rule.</summary>
    V1,
}
