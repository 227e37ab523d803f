using System.Text.Json.Nodes;
using Writ.Client;
using Writ.Protocol;

namespace Writ.Cli.Profiles;

/// <summary>Enrols the key of an operator: made here, proven by a signature, let in by a one-time code.</summary>
internal static class Enrolment
{
    /// <summary>Enrols a new key and makes it the profile of a home.</summary>
    /// <param name="home">Where key and profile go.</param>
    /// <param name="addr">The broker.</param>
    /// <param name="code">The one-time code.</param>
    /// <param name="name">Who the first operator is; null for everybody else, whom the code names.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The operator.</returns>
    /// <exception cref="UsageException">That is no address of a broker.</exception>
    /// <exception cref="WritException">The code is wrong, used or too old, or the broker was not reached.</exception>
    public static async Task<JsonObject> EnrolAsync(
        WritHome home, string addr, string code, string? name, TimeProvider time, CancellationToken cancel)
    {
        Session.CheckAddr(addr);
        home.Create();
        // The key of an earlier login stays good until the broker took the new one.
        var next = home.KeyFile + ".new";
        File.Delete(next);
        try
        {
            return await EnrolAsync(home, next, addr, code, name, time, cancel);
        }
        finally
        {
            File.Delete(next); // a key that the broker did not take is nobody's
        }
    }

    private static async Task<JsonObject> EnrolAsync(
        WritHome home, string next, string addr, string code, string? name, TimeProvider time, CancellationToken cancel)
    {
        using var key = AgentKey.CreateFile(next);
        using var client = new WritClient(new WritClientOptions
        {
            Issuer = addr,
            ClientId = "spiffe://unknown/operator",
            Key = key,
            ProofKey = key,
            Time = time,
            Timeout = Session.Patience,
        });
        var body = new JsonObject { ["code"] = code, ["jwk"] = JsonNode.Parse(Jwk.FromEcdsa(key).ToJson()) };
        if (name is not null)
            body["name"] = name;
        var answer = await client.Management.SendProofAsync(HttpMethod.Post, "/v1/operators/enrol", body, cancel);
        var person = answer is { } given ? JsonObject.Create(given)! : [];
        if ((string?)person["id"] is not { } id)
            throw new WritException("broker_answer_malformed", "The broker did not say who enrolled.");
        File.Move(next, home.KeyFile, overwrite: true);
        home.Write(new Profile(addr, id, home.KeyFile));
        return person;
    }
}
