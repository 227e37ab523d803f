using Writ.Server.Callers;
using Writ.Server.Storage;

namespace Writ.Server.Acts;

/// <summary>
/// Whether the reader of a stream, who was let in once, may still see it: a token that was revoked, an identity that
/// was suspended or an operator whose role was taken ends the stream. Asked before each thing that is told.
/// </summary>
public sealed class StreamAccess(TokenCallers tokens, Registry registry, TimeProvider time)
{
    public async ValueTask<bool> HoldsAsync(ActCall call, CancellationToken cancel)
    {
        var header = (string?)call.Http.Request.Headers.Authorization ?? "";
        if (tokens.ReadAny(header[(header.IndexOf(' ') + 1)..].Trim()) is null) return false;
        var before = call.Caller.Principal;
        return await registry.FindAsync(before.Id, cancel) is { } now && now.IsActive(time.GetUtcNow())
            && now.Operator?.Role == before.Operator?.Role && now.Operator?.Team == before.Operator?.Team;
    }
}
