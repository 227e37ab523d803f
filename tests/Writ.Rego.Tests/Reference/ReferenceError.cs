namespace Writ.Rego.Tests.Reference;

/// <summary>The evaluation failed.</summary>
#pragma warning disable CA1032, CA1710, MA0058 // As RegoError: the field's word, always made with its code.
internal sealed class ReferenceError(string code) : Exception(code)
{
    public string Code => Message;
}
