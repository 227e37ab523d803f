using Writ.Rego.Builtins;

namespace Writ.Rego;

/// <summary>The edge of the library: whatever a policy can cause leaves as <see cref="RegoError"/>.</summary>
internal static class Guard
{
    public static T Run<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception error) when (Translate(error) is not null)
        {
            throw Translate(error)!;
        }
    }

    /// <summary>What an embedder is to see of an exception; null when it is no policy's doing.</summary>
    public static RegoError? Translate(Exception error) => error switch
    {
        // Sorting wraps what the comparison of two values throws.
        InvalidOperationException { InnerException: RegoError limit } => new(limit.Diagnostics[0], error),
        InvalidOperationException { InnerException: InsufficientExecutionStackException } or
            InsufficientExecutionStackException => Internal("nested too deeply for the stack", error),
        OutOfMemoryException => Internal("more memory was needed than there is", error),
        BuiltinError failed => new(new RegoDiagnostic(failed.Code, failed.Message, "", 0, 0, ""), failed),
        _ => null,
    };

    private static RegoError Internal(string message, Exception cause) =>
        new(new RegoDiagnostic(ErrorCodes.Internal, message, "", 0, 0, ""), cause);
}
