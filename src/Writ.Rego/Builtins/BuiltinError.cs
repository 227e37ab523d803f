namespace Writ.Rego.Builtins;

/// <summary>
/// A built-in could not do its work. The call is undefined then, unless the query asked for strict errors or the error
/// is fatal.
/// </summary>
#pragma warning disable CA1710, MA0058 // Named as RegoError is: the field's word for it.
#pragma warning disable CA1032 // Always made with its code.
public sealed class BuiltinError : Exception
{
    /// <summary>Makes an error.</summary>
    /// <param name="code"><c>eval_builtin_error</c> or <c>eval_type_error</c>.</param>
    /// <param name="message">What is wrong, without the built-in's name.</param>
    public BuiltinError(string code, string message)
        : base(message) => Code = code;

    /// <summary>The language's code for it.</summary>
    public string Code { get; }

    /// <summary>Whether the whole query fails: a limit was reached, or its time is over.</summary>
    public bool IsFatal { get; init; }

    internal static BuiltinError Failed(string message) => new("eval_builtin_error", message);

    internal static BuiltinError Limit(string message) => new("eval_limit_error", message) { IsFatal = true };
}
