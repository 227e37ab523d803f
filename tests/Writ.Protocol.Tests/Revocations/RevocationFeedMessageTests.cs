using System.Text;
using System.Text.Json.Nodes;

namespace Writ.Protocol.Tests;

public sealed class RevocationFeedMessageTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000).AddMicroseconds(123);
    private static readonly JwsSigner Signer = new(Keys.P256, "p256");

    private static readonly RevocationEntry Task = new(
        RevocationHandle.Task("k1"), DateTimeOffset.MaxValue, At.AddHours(1), "task_ended");

    private static readonly RevocationEntry Identity = new(
        RevocationHandle.Identity("spiffe://example.org/a"), At, At.AddHours(2), "suspended");

    [Fact]
    public void Every_kind_of_message_reads_back()
    {
        RevocationFeedMessage[] messages =
        [
            new RevocationFeedMessage.Snapshot("e1", 7, [Task, Identity]),
            new RevocationFeedMessage.Snapshot("e1", 0, []),
            .. new RevocationFeedMessage.Snapshot("e1", 7, [Task, Identity, Task]).InParts("s1", 100),
            new RevocationFeedMessage.Revoked("e1", 8, Identity),
            new RevocationFeedMessage.Heartbeat("e1", long.MaxValue, At),
            new RevocationFeedMessage.Heartbeat("e1", 3, At) { Registry = 0 },
            new RevocationFeedMessage.Heartbeat("e1", 3, At) { Registry = 17 },
        ];
        foreach (var message in messages)
        {
            var token = Verified(message.ToPayload());
            Assert.True(RevocationFeedMessage.TryParse(token, out var read, out var error), error);
            Assert.Equal(message, read);
            Assert.Equal(message.GetHashCode(), read.GetHashCode());
        }
    }

    // A reader that could not read it would be blind to all revocations.
    [Fact]
    public void Revocation_for_ever_reads_back()
    {
        var entry = new RevocationEntry(
            RevocationHandle.SigningKey("k"), DateTimeOffset.MaxValue, DateTimeOffset.MaxValue, "leaked");
        Assert.True(RevocationFeedMessage.TryParse(
            Verified(new RevocationFeedMessage.Revoked("e", 1, entry).ToPayload()), out var read, out _));
        var back = ((RevocationFeedMessage.Revoked)read).Entry;
        Assert.Equal(DateTimeOffset.MaxValue, back.IssuedBefore);
        Assert.Equal(9999, back.MattersUntil.Year);
    }

    // A part that a reader does not take for its size would cost it the whole feed.
    [Theory]
    [InlineData(1, 5)]
    [InlineData(1000, 3)] // 2 of about 390 bytes
    [InlineData(1600, 2)]
    [InlineData(10_000, 1)]
    public void Snapshot_is_cut_by_size_and_loses_nothing(int bytes, int parts)
    {
        var whole = new RevocationFeedMessage.Snapshot(
            "e1", 7, [.. Enumerable.Range(0, 5).Select(i => Task with
            {
                // Characters that take more bytes than one, as they are and escaped.
                Handle = RevocationHandle.Task(i + new string('x', 200) + new string('é', 40) + new string('"', 10)),
            })]);

        var cut = whole.InParts("s1", bytes);

        Assert.Equal(parts, cut.Count);
        Assert.Equal(whole.Entries, cut.SelectMany(p => p.Entries));
        Assert.Equal(Enumerable.Range(0, parts).Select(i => (long)i), cut.Select(p => p.Part));
        Assert.Equal(cut[^1], Assert.Single(cut, p => p.IsLast));
        Assert.All(cut.Where(p => p.Entries.Length > 1), p => Assert.InRange(p.ToPayload().Length, 0, bytes + 100));
        Assert.Single(new RevocationFeedMessage.Snapshot("e1", 7, []).InParts("s1", bytes));
    }

    [Theory]
    [InlineData("part", "-1")]
    [InlineData("part", "\"0\"")]
    [InlineData("last", "1")]
    [InlineData("last", "null")]
    [InlineData("id", "1")]
    [InlineData("entries", "{}")]
    [InlineData("more", "1")]
    public void Malformed_snapshot_is_refused(string member, string value)
    {
        var payload = JsonNode.Parse(new RevocationFeedMessage.Snapshot("e1", 8, [Task]).ToPayload())!.AsObject();
        payload[member] = JsonNode.Parse(value);
        Assert.False(RevocationFeedMessage.TryParse(
            Verified(Encoding.UTF8.GetBytes(payload.ToJsonString())), out _, out _));
    }

    [Fact]
    public void The_payload_is_as_documented() => Assert.Equal(
        """
        {"kind":"revoked","epoch":"e1","index":8,"entry":{"kind":"sub","value":"spiffe://example.org/a",
        "issued_before":1800000000000123,"matters_until":1800007200000123,"reason":"suspended"}}
        """.ReplaceLineEndings(""),
        Encoding.UTF8.GetString(new RevocationFeedMessage.Revoked("e1", 8, Identity).ToPayload()));

    // A verifier that read the moment as earlier than it was would let through a token that is dead.
    [Fact]
    public void A_part_of_a_microsecond_is_rounded_up()
    {
        var entry = Identity with { IssuedBefore = At.AddTicks(1) };
        Assert.True(RevocationFeedMessage.TryParse(
            Verified(new RevocationFeedMessage.Revoked("e", 1, entry).ToPayload()), out var read, out _));
        Assert.Equal(At.AddMicroseconds(1), ((RevocationFeedMessage.Revoked)read).Entry.IssuedBefore);
    }

    // One entry that a reader refuses costs it the whole feed.
    [Fact]
    public void The_end_of_time_reads_back()
    {
        var key = new RevocationEntry(
            RevocationHandle.SigningKey("k1"), DateTimeOffset.MaxValue.AddTicks(-1), DateTimeOffset.MaxValue, "gone");
        Assert.True(RevocationFeedMessage.TryParse(
            Verified(new RevocationFeedMessage.Snapshot("e", 1, [Task, key]).ToPayload()), out var read, out _));
        var entry = ((RevocationFeedMessage.Snapshot)read).Entries[1];
        Assert.Equal(DateTimeOffset.MaxValue.AddTicks(-9), entry.MattersUntil);
        Assert.Equal(DateTimeOffset.MaxValue.AddTicks(-9), entry.IssuedBefore);
    }

    [Theory]
    [InlineData("kind", "\"gone\"")]
    [InlineData("kind", "null")]
    [InlineData("epoch", "\"\"")]
    [InlineData("epoch", "1")]
    [InlineData("index", "-1")]
    [InlineData("index", "1.5")]
    [InlineData("index", "\"1\"")]
    [InlineData("entry", "null")]
    [InlineData("entry", "[]")]
    [InlineData("entry", """{"kind":"all","value":"x","matters_until":1,"reason":"r"}""")]
    [InlineData("entry", """{"kind":"jti","value":"","matters_until":1,"reason":"r"}""")]
    [InlineData("entry", """{"kind":"jti","value":"x","reason":"r"}""")]
    [InlineData("entry", """{"kind":"jti","value":"x","matters_until":-1,"reason":"r"}""")]
    [InlineData("entry", """{"kind":"jti","value":"x","matters_until":9223372036854775807,"reason":"r"}""")]
    [InlineData("entry", """{"kind":"jti","value":"x","matters_until":1,"reason":"r","more":1}""")]
    [InlineData("entry", """{"kind":"jti","value":"x","matters_until":1,"reason":"r","issued_before":"1"}""")]
    [InlineData("more", "1")]
    public void What_is_malformed_or_unknown_is_refused(string member, string value)
    {
        var payload = JsonNode.Parse(new RevocationFeedMessage.Revoked("e1", 8, Task).ToPayload())!.AsObject();
        payload[member] = JsonNode.Parse(value);
        Assert.False(RevocationFeedMessage.TryParse(
            Verified(Encoding.UTF8.GetBytes(payload.ToJsonString())), out _, out _));
    }

    [Fact]
    public void A_token_of_another_type_is_no_message()
    {
        var payload = new RevocationFeedMessage.Heartbeat("e1", 1, At).ToPayload();
        Assert.False(RevocationFeedMessage.TryParse(Verified(payload, "at+jwt"), out _, out _));
    }

    private static JwsToken Verified(byte[] payload, string typ = RevocationFeedMessage.Typ)
    {
        Assert.True(Jws.TryRead(Signer.Sign(typ, payload), JwsLimits.Feed, out var jws, out _));
        Assert.True(jws.TryVerify(Keys.Ring, JwsAlgorithms.Ours, typ, out var token, out _));
        return token;
    }
}
