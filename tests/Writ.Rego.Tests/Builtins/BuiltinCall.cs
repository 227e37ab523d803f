using Writ.Rego.Builtins;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Builtins;

/// <summary>Calls a built-in of the library with operands given as one JSON array.</summary>
internal static class BuiltinCall
{
    public static RegoValue? Invoke(string name, string operands, BuiltinContext? context = null)
    {
        Assert.True(BuiltinRegistry.Standard.TryGet(name, out var builtin), name);
        return builtin.Invoke(context ?? new BuiltinContext(), ((RegoArray)RegoValue.ParseJson(operands)).Span);
    }

    /// <summary>The result as JSON, <c>undefined</c>, or the error after an exclamation mark.</summary>
    public static string Show(string name, string operands)
    {
        try
        {
            return Invoke(name, operands)?.ToJson() ?? "undefined";
        }
        catch (BuiltinError error)
        {
            return "!" + error.Message;
        }
    }
}
