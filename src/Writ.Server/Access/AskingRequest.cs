namespace Writ.Server.Access;

/// <summary>The id that the asking side gave to its request (AuthZEN 1.0 §10.1.3): its answer bears the same one.
/// </summary>
internal static class AskingRequest
{
    private const string Header = "X-Request-Id";
    private const int MaxLength = 256;

    /// <summary>Puts it on the answer, whatever that becomes. What is no plain text is not taken over, and the answer
    /// keeps our own.</summary>
    public static void Echo(HttpContext http)
    {
        if (IdOf(http) is { } id) http.Response.Headers[Header] = id;
    }

    /// <summary>Null: it gave none that can be given back.</summary>
    public static string? IdOf(HttpContext http) =>
        http.Request.Headers[Header] is [{ Length: > 0 and <= MaxLength } id] && id.All(c => c is > ' ' and <= '~')
            ? id
            : null;
}
