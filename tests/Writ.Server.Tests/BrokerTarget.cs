namespace Writ.Server.Tests;

/// <summary>A broker as its clients see it, in this process or another.</summary>
/// <param name="Http">Speaks to where it listens.</param>
/// <param name="Issuer">What it goes by.</param>
/// <param name="Time">The clock that its clients go by.</param>
/// <param name="Nonce">Gives a nonce in time, where the test can reach into the broker.</param>
public sealed record BrokerTarget(HttpClient Http, string Issuer, TimeProvider Time, Func<string>? Nonce = null)
{
    public DateTimeOffset Now => Time.GetUtcNow();
}
