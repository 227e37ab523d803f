using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Writ.Server.Governance;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Governance;

/// <summary>How the first operator gets in, and nobody else.</summary>
public sealed class BootstrapTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Code_of_the_socket_enrols_the_first_owner_who_can_act_at_once(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var person = new TestCaller(broker, "spiffe://example.org/operator/alice");

        var enrolled = await EnrolAsync(broker, person, await CodeAsync(broker), "alice");

        Assert.Equal(201, enrolled.Status);
        Assert.Equal(person.Id, enrolled["id"]);
        Assert.Equal("owner", enrolled["role"]);
        var list = await person.GetAsync("/v1/operators");
        Assert.Equal(200, list.Status);
        Assert.Equal("alice", list.Json.GetProperty("items")[0].GetProperty("name").GetString());
        var kinds = (await broker.RecordsAsync()).Select(r => r.GetProperty("kind").GetString());
        Assert.Contains("operator.bootstrap", kinds);
        Assert.Contains("operator.enrol", kinds);
    }

    [Fact]
    public async Task Socket_is_for_its_owner_alone_and_closes_once_there_is_an_owner()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var path = broker.Wiring.Settings.BootstrapSocket;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));

        await EnrolAsync(broker, new TestCaller(broker, "-"), await CodeAsync(broker), "alice");
        await broker.Wiring.Bootstrap.KeepAsync();

        Assert.False(File.Exists(path));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Code_is_good_once(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var code = await CodeAsync(broker);

        var replies = await Task.WhenAll(Enumerable.Range(0, 5).Select(
            i => EnrolAsync(broker, new TestCaller(broker, "-"), code, $"person-{i}")));

        Assert.Single(replies, r => r.Status == 201);
        Assert.All(replies.Where(r => r.Status != 201), r => Assert.Equal((403, "code_invalid"), (r.Status, r.Code)));
        var operators = await new OperatorStore(broker.Wiring.Database).ListAsync(new OperatorFilter(null, null, 10));
        Assert.Single(operators);
    }

    [Fact]
    public async Task Code_ends_after_15_minutes()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var code = await CodeAsync(broker);

        await broker.AdvanceAsync(EnrolmentCodes.Life + TimeSpan.FromSeconds(1));

        Assert.Equal("code_invalid", (await EnrolAsync(broker, new TestCaller(broker, "-"), code, "late")).Code);
    }

    [Fact]
    public async Task Newer_code_replaces_the_older_one()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var older = await CodeAsync(broker);
        var newer = await CodeAsync(broker);

        Assert.Equal("code_invalid", (await EnrolAsync(broker, new TestCaller(broker, "-"), older, "eve")).Code);
        Assert.Equal(201, (await EnrolAsync(broker, new TestCaller(broker, "-"), newer, "alice")).Status);
    }

    [Fact]
    public async Task Code_does_not_enrol_a_key_that_is_not_proven()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var code = await CodeAsync(broker);
        var holder = new TestCaller(broker, "-");
        var other = new TestCaller(broker, "-").PublicKey;

        Assert.Equal("key_not_proven", (await EnrolAsync(broker, holder, code, "eve", other.ToJson())).Code);
        Assert.Equal(201, (await EnrolAsync(broker, holder, code, "alice")).Status);
    }

    [Theory]
    [InlineData("../eve")]
    [InlineData("Alice")]
    [InlineData("аlice")] // a Cyrillic а
    [InlineData("")]
    [InlineData("a/b")]
    public async Task First_operator_bears_a_plain_name(string name)
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);

        var refused = await EnrolAsync(broker, new TestCaller(broker, "-"), await CodeAsync(broker), name);

        Assert.Equal((400, "invalid_request"), (refused.Status, refused.Code));
        Assert.StartsWith("name is ", refused["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task First_operator_without_a_name_hears_so_and_the_code_stays_good()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var code = await CodeAsync(broker);

        var refused = await EnrolAsync(broker, new TestCaller(broker, "-"), code, null);

        Assert.Equal((400, "invalid_request"), (refused.Status, refused.Code));
        Assert.Contains("--name YOU", refused["detail"], StringComparison.Ordinal);
        Assert.Equal(201, (await EnrolAsync(broker, new TestCaller(broker, "-"), code, "alice")).Status);
    }

    [Fact]
    public async Task Wrong_codes_are_recorded_and_their_source_is_stopped()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var guesser = new TestCaller(broker, "-");
        for (var i = 0; i < MissLimit.MaxPerMinute; i++)
            Assert.Equal("code_invalid", (await EnrolAsync(broker, guesser, $"writcode_{i}", "eve")).Code);

        var stopped = await EnrolAsync(broker, guesser, await CodeAsync(broker), "eve");

        Assert.Equal((429, "too_many_attempts"), (stopped.Status, stopped.Code));
        var misses = (await broker.RecordsAsync()).Count(r => r.GetProperty("kind").GetString() == "operator.enrol");
        Assert.Equal(MissLimit.MaxPerMinute + 1, misses);
        await broker.AdvanceAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(201, (await EnrolAsync(broker, guesser, await CodeAsync(broker), "alice")).Status);
    }

    [Fact]
    public async Task Codes_are_stored_as_hashes_and_stand_in_no_record()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var code = await CodeAsync(broker);

        var stored = await broker.Wiring.Database.QueryAsync<EnrolmentRow>("SELECT * FROM enrolment");

        Assert.DoesNotContain(stored, row => row.ToString().Contains(code, StringComparison.Ordinal));
        Assert.DoesNotContain(await broker.RecordsAsync(), r => r.ToString().Contains(code, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Socket_opens_again_when_no_owner_has_a_key_in_force()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        await EnrolAsync(broker, new TestCaller(broker, "-"), await CodeAsync(broker), "alice");
        await broker.Wiring.Bootstrap.KeepAsync();

        await broker.AdvanceAsync(TimeSpan.FromDays(91));
        await broker.Wiring.Bootstrap.KeepAsync();

        var again = new TestCaller(broker, "spiffe://example.org/operator/alice");
        Assert.Equal(201, (await EnrolAsync(broker, again, await CodeAsync(broker), "alice")).Status);
        Assert.Equal(200, (await again.GetAsync("/v1/operators")).Status);
    }

    /// <summary>A code, as the host's administrator gets it.</summary>
    internal static async Task<string> CodeAsync(TestBroker broker)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(broker.Wiring.Settings.BootstrapSocket));
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(
            "POST /code HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        var text = await new StreamReader(stream, Encoding.UTF8).ReadToEndAsync();
        var json = text[text.IndexOf('{', StringComparison.Ordinal)..(text.LastIndexOf('}') + 1)];
        return JsonElement.Parse(json).GetProperty("code").GetString()!;
    }

    /// <summary>Registers the caller's key (or another one) with a code.</summary>
    internal static async Task<Reply> EnrolAsync(
        TestBroker broker, TestCaller caller, string code, string? name, string? jwk = null)
    {
        const string path = "/v1/operators/enrol";
        var reply = await OnceAsync();
        return reply.Code == "use_dpop_nonce" ? await OnceAsync() : reply;

        Task<Reply> OnceAsync()
        {
            var body = JsonSerializer.Serialize(
                new { code, name, jwk = JsonElement.Parse(jwk ?? caller.PublicKey.ToJson()) },
                Server.Edge.Answers.Json);
            var request = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new StringContent(body, Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("DPoP", caller.Proof("POST", path));
            return caller.SendAsync(request);
        }
    }
}
