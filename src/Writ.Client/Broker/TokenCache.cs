namespace Writ.Client;

/// <summary>One token, kept until shortly before its end; all who need it wait for the one request.</summary>
internal sealed class TokenCache(
    Func<CancellationToken, Task<IssuedToken>> fetch, TimeProvider time, TimeSpan refreshAhead) : IDisposable
{
    private readonly SemaphoreSlim _fetching = new(1);
    private volatile IssuedToken? _token; // owner: whoever holds _fetching

    /// <summary>The token, fetched if there is none that is good.</summary>
    /// <param name="refused">A token that a server has just refused: never given again.</param>
    /// <param name="cancel">Gives up waiting.</param>
    internal async ValueTask<IssuedToken> GetAsync(string? refused, CancellationToken cancel)
    {
        if (_token is { } token && IsGood(token, refused))
            return token;
        await _fetching.WaitAsync(cancel);
        try
        {
            if (_token is { } other && IsGood(other, refused))
                return other;
            _token = null; // should the next one be refused, this one is not tried again
            return _token = await fetch(cancel);
        }
        finally
        {
            _fetching.Release();
        }
    }

    public void Dispose() => _fetching.Dispose();

    private bool IsGood(IssuedToken token, string? refused)
    {
        var fifth = (token.ExpiresAt - token.IssuedAt) / 5;
        var ahead = refreshAhead < fifth ? refreshAhead : fifth;
        return time.GetUtcNow() < token.ExpiresAt - ahead && token.Value != refused;
    }
}
