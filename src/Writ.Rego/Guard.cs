using Writ.Rego.Builtins;

namespace Writ.Rego;

/// <summary>The edge of the library: what nests too deeply for the stack is an error like any other.</summary>
internal static class Guard
{
    public static T Run<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (InsufficientExecutionStackException error)
        {
            throw TooDeep(error);
        }
        catch (BuiltinError error)
        {
            throw Failed(error);
        }
    }

    public static RegoError TooDeep(InsufficientExecutionStackException error) => new(
        new RegoDiagnostic(ErrorCodes.Internal, "nested too deeply for the stack", "", 0, 0, ""), error);

    public static RegoError Failed(BuiltinError error) => new(
        new RegoDiagnostic(error.Code, error.Message, "", 0, 0, ""), error);
}
