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
            throw new RegoError(
                new RegoDiagnostic(ErrorCodes.Internal, "nested too deeply for the stack", "", 0, 0, ""), error);
        }
        catch (BuiltinError error)
        {
            throw new RegoError(new RegoDiagnostic(error.Code, error.Message, "", 0, 0, ""), error);
        }
    }
}
