namespace Writ.Protocol;

/// <summary>What <see cref="TokenRequest.Parse(string)"/> answers.</summary>
public abstract record TokenRequestOutcome
{
    private TokenRequestOutcome()
    {
    }

    /// <summary>A well-formed request.</summary>
    public sealed record Parsed(TokenRequest Request) : TokenRequestOutcome;

    /// <summary>A malformed one.</summary>
    public sealed record Failed(OAuthError Error) : TokenRequestOutcome;
}
