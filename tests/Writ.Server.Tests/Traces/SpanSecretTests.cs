using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Writ.Protocol;
using Writ.Server.Tests.Users;

namespace Writ.Server.Tests.Traces;

/// <summary>P6: whatever goes to a collector is walked for whatever was secret in what was sent and answered, on roads
/// that succeed and roads that are refused.</summary>
public sealed partial class SpanSecretTests
{
    [Fact]
    public async Task Nothing_that_a_collector_gets_is_a_secret()
    {
        await using var collector = await Collector.StartAsync();
        var secrets = new HashSet<string>(StringComparer.Ordinal);
        await using (var world = await UserWorld.StartAsync(
            Engine.Sqlite, settings => settings with { Otlp = collector.Target }))
        {
            using var http = new HttpClient(new Noting(secrets)) { BaseAddress = world.Broker.Http.BaseAddress };
            var target = new BrokerTarget(
                http, world.Broker.Issuer, world.Broker.Clock, world.Broker.Wiring.Nonces.Next);
            await WalkAsync(world, world.Agent.At(target), world.World.Other.At(target), secrets);
        }

        Assert.True(secrets.Count > 20, "What is secret was noted.");
        var sent = collector.Everything;
        Assert.Contains("POST /oauth/token", sent, StringComparison.Ordinal);
        Assert.Contains("/v1/tasks/{id}", sent, StringComparison.Ordinal);
        Assert.Contains("writ.requests", sent, StringComparison.Ordinal); // metrics came, too
        foreach (var secret in secrets) Assert.DoesNotContain(secret, sent, StringComparison.Ordinal);
        Assert.Empty(Credential().Matches(sent));
        Assert.DoesNotContain(UserWorld.Alice, sent, StringComparison.Ordinal); // nor who it was
        Assert.DoesNotContain("agent/", sent, StringComparison.Ordinal);
    }

    private static async Task WalkAsync(UserWorld world, TestCaller agent, TestCaller other, HashSet<string> secrets)
    {
        // A user's token, exchanged, refreshed, the refresh token used twice.
        var user = await world.TokenOfAsync("alice");
        secrets.Add(user);
        var first = await agent.TokenAsync(
            ("grant_type", GrantTypes.TokenExchange), ("subject_token", user),
            ("subject_token_type", TokenTypeUri.Jwt), ("scope", world.Grant));
        Assert.Equal(200, first.Status);
        await agent.TokenAsync(("grant_type", GrantTypes.RefreshToken), ("refresh_token", first["refresh_token"]!));
        await agent.TokenAsync(("grant_type", GrantTypes.RefreshToken), ("refresh_token", first["refresh_token"]!));

        // Ours, asked after, handed to somebody who may not have it, revoked, and used after that.
        var token = (await agent.TokenAsync(("scope", world.Grant))).AccessToken;
        await agent.PostFormAsync("/oauth/introspect", ("grant_type", ""), ("token", token));
        await other.TokenAsync(
            ("grant_type", GrantTypes.TokenExchange), ("subject_token", token),
            ("subject_token_type", TokenTypeUri.AccessToken), ("scope", world.Grant), ("ticket", "no.such.ticket"));
        await agent.PostFormAsync("/oauth/revoke", ("grant_type", ""), ("token", token));
        await agent.GetAsync("/v1/tasks");

        // Where a secret does not belong: in paths, queries and headers, of routes that are there and that are not.
        foreach (var path in (string[])[
            $"/v1/tasks/{token}", $"/nowhere/{token}", $"/v1/tasks?access_token={token}&code=s3cr3t-in-a-query"])
        {
            using var stray = new HttpRequestMessage(HttpMethod.Get, path);
            stray.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            stray.Headers.Add("Cookie", "session=s3cr3t-in-a-cookie");
            stray.Headers.Add("tracestate", "vendor=s3cr3t-in-a-state");
            stray.Headers.Add("baggage", "user=s3cr3t-in-baggage");
            stray.Headers.UserAgent.ParseAdd("s3cr3t-in-an-agent");
            await agent.SendAsync(stray);
        }
        secrets.UnionWith([
            "s3cr3t-in-a-query", "s3cr3t-in-a-cookie", "s3cr3t-in-a-state", "s3cr3t-in-baggage", "s3cr3t-in-an-agent",
            "no.such.ticket"]);
        await agent.WithAnotherKey().TokenAsync(("scope", "s3cr3t:scope@nothing"));
        secrets.Add("s3cr3t:scope");
    }

    // A JWS, a private key, a scheme with its credential.
    [GeneratedRegex(
        @"eyJ[A-Za-z0-9_-]{10,}|PRIVATE KEY|(DPoP|Bearer|Basic) \S{8,}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Credential();

    /// <summary>Notes what is secret in what passes: proofs, credentials, the secrets of forms, tokens that come back.
    /// </summary>
    private sealed class Noting(HashSet<string> secrets) : DelegatingHandler(
        new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
    {
        private static readonly string[] Parameters =
            ["client_assertion", "client_secret", "subject_token", "refresh_token", "ticket", "token"];

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Headers.TryGetValues("DPoP", out var proofs)) secrets.UnionWith(proofs);
            if (request.Headers.Authorization?.Parameter is { } credential) secrets.Add(credential);
            if (request.Content is FormUrlEncodedContent form)
                foreach (var pair in (await form.ReadAsStringAsync(cancellationToken)).Split('&'))
                    if (pair.Split('=') is [var name, { Length: > 0 } value] && Parameters.Contains(name))
                        secrets.Add(Uri.UnescapeDataString(value));
            var answer = await base.SendAsync(request, cancellationToken);
            if (answer.Headers.TryGetValues("DPoP-Nonce", out var nonces)) secrets.UnionWith(nonces);
            await answer.Content.LoadIntoBufferAsync(cancellationToken);
            var body = await answer.Content.ReadAsStringAsync(cancellationToken);
            foreach (Match match in Given().Matches(body)) secrets.Add(match.Groups["value"].Value);
            return answer;
        }
    }

    [GeneratedRegex(@"""(access|refresh)_token"":""(?<value>[^""]+)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Given();
}
