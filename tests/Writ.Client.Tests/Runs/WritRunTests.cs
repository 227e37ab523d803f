using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Writ.Protocol;
using Writ.Testing;

namespace Writ.Client.Tests;

public sealed class WritRunTests : IAsyncLifetime
{
    private RunProcess _run = null!;

    public async ValueTask InitializeAsync() => _run = await RunProcess.PrepareAsync();

    public ValueTask DisposeAsync() => _run.DisposeAsync();

    [Fact]
    public async Task Child_calls_an_api_through_the_run()
    {
        var run = await _run.PythonAsync("print(call('/api/orders/orders?status=open', headers={'X-Mine': 'kept'}))");
        Assert.Equal("(200, 'fine')", run.Succeeded().Trim());

        var sent = Assert.Single(_run.Api.Requests);
        Assert.Equal(("GET", "/orders"), (sent.Method, sent.Path));
        Assert.Equal("kept", sent.Headers["X-Mine"]);
        AssertProven(sent);
    }

    [Fact]
    public async Task Body_is_forwarded_and_the_runs_key_is_not()
    {
        var run = await _run.PythonAsync("print(call('/api/orders/orders', body={'what': 'one'}, method='POST')[0])");
        Assert.Equal("200", run.Succeeded().Trim());
        var sent = Assert.Single(_run.Api.Requests);
        Assert.Equal("{\"what\": \"one\"}", sent.Body);
        Assert.StartsWith("DPoP ", sent.Headers["Authorization"], StringComparison.Ordinal);
        Assert.DoesNotContain(sent.Headers, header => header.Value.Contains("Bearer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Child_gets_a_token_and_a_proof_and_calls_by_itself()
    {
        var run = await _run.PythonAsync($$"""
            token = json.loads(call('/token', {'grants': ['orders:read@orders']})[1])
            url = token['resource'].rstrip('/')
            bare = token['access_token']
            wanted = {'method': 'GET', 'url': url + '/orders', 'token': bare}
            proof = json.loads(call('/proof', wanted)[1])['proof']
            print(call('/orders', base=url, key=None, headers={'Authorization': 'DPoP ' + bare, 'DPoP': proof}))
            """);
        Assert.Equal("(200, 'fine')", run.Succeeded().Trim());
        AssertProven(Assert.Single(_run.Api.Requests));
    }

    [Fact]
    public async Task Environment_of_the_child_holds_nothing_of_the_agents()
    {
        var run = await _run.PythonAsync("print(json.dumps(dict(os.environ)))");
        var environment = JsonNode.Parse(run.Succeeded())!.AsObject();
        foreach (var name in (string[])["WRIT_IDENTITY", "WRIT_KEY_FILE", "WRIT_ADDR", "AGENT_PEM", "KEY_ELSEWHERE"])
            Assert.False(environment.ContainsKey(name), name);
        Assert.Equal("yes", (string?)environment["HARMLESS"]);
        Assert.Equal("internal.example.org,127.0.0.1", (string?)environment["NO_PROXY"]);
        Assert.Equal("task-1", (string?)environment["WRIT_RUN_TASK"]);
        Assert.DoesNotContain(environment, variable =>
            ((string?)variable.Value)!.Contains("PRIVATE KEY", StringComparison.Ordinal)
            || ((string?)variable.Value)!.Contains(_run.KeyFile, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Trace_of_whoever_starts_the_run_goes_on_to_the_child_and_to_what_is_called_for_it()
    {
        const string Childs = "00-0af7651916cd43dd8448eb211c80319c-00000000000000aa-00";
        var run = await _run.PythonAsync($$"""
            print(os.environ['TRACEPARENT'], os.environ['TRACESTATE'])
            call('/api/orders/orders', headers={'traceparent': '{{Childs}}', 'tracestate': 'child=1'})
            call('/api/orders/orders', headers={'traceparent': 'hostile, or not one'})
            """);

        Assert.Equal($"{RunProcess.Parent} vendor=1", run.Succeeded().Trim());
        // In the name of the span that came in: no span stands between that nobody shows.
        Assert.Equal(RunProcess.Parent, _run.Broker.Traces.First());
        Assert.Contains(Childs, _run.Broker.Traces); // the token that was asked for the child's call
        Assert.DoesNotContain(_run.Broker.Traces, trace => trace is not (RunProcess.Parent or Childs));
        var (first, second) = (_run.Api.Requests.First(), _run.Api.Requests.Last());
        Assert.Equal((Childs, "child=1"), (first.Headers["traceparent"], first.Headers["tracestate"]));
        Assert.DoesNotContain("traceparent", second.Headers); // as if it had not come
    }

    [Theory]
    [InlineData("exit 0", 0, "completed")]
    [InlineData("exit 7", 7, "cancelled")]
    [InlineData("kill -9 $$", 137, "cancelled")]
    public async Task Exit_code_is_the_childs_and_the_task_ends_with_it(string script, int code, string status)
    {
        Assert.Equal(code, (await _run.RunAsync("sh", "-c", script)).ExitCode);
        var end = Assert.Single(_run.Broker.Calls, c => c.Path.EndsWith("/end", StringComparison.Ordinal));
        Assert.Equal(status, (string?)end.Body!["status"]);
        Assert.Equal(15, (int?)_run.Broker.Calls.First().Body!["heartbeat_seconds"]);
    }

    [Fact]
    public async Task Program_that_does_not_exist_ends_the_task_too()
    {
        Assert.Equal(WritRun.NotFound, (await _run.RunAsync("/no/such/program")).ExitCode);
        Assert.Contains(_run.Broker.Calls, c => c.Path.EndsWith("/end", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Refused_task_starts_nothing()
    {
        _run.Broker.OnCall = path => path == "/v1/tasks"
            ? Results.Json(new { code = "outside_workflow", decision_id = "dec-3" }, statusCode: 403)
            : null;
        var run = await _run.RunAsync("sh", "-c", "echo started");
        Assert.Equal(3, run.ExitCode);
        Assert.DoesNotContain("started", run.Output, StringComparison.Ordinal);
        Assert.Contains("outside_workflow", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task Signal_is_passed_on_and_the_childs_answer_is_the_exit_code(string signal)
    {
        var process = _run.Start($"trap 'exit 42' {signal}; touch $FOLDER/up; while :; do sleep 0.1; done");
        await Eventually.IsTrueAsync(() => File.Exists(_run.At("up")), "the child is up", TimeSpan.FromSeconds(30));
        await RunProcess.SignalAsync(process, signal);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(42, process.ExitCode);
        Assert.Contains(_run.Broker.Calls, c => c.Path.EndsWith("/end", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Process_that_does_not_descend_from_the_run_is_refused_with_the_right_key()
    {
        var process = _run.Start("env > $FOLDER/env.part; mv $FOLDER/env.part $FOLDER/env; sleep 60");
        var (url, key) = await _run.EndpointAsync("env");
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var answer = await http.GetAsync(url + "/api/orders/orders");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("not_of_this_run", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(_run.Api.Requests);
        Assert.False(process.HasExited);
    }

    [Fact]
    public async Task Descendant_with_a_wrong_key_or_host_is_refused()
    {
        var run = await _run.PythonAsync("""
            def ask(**how): return call('/token', {'resource': 'orders'}, **how)[0]
            print(ask(key='wrong'), ask(key=None), ask(headers={'Host': 'evil.example.org'}))
            """);
        Assert.Equal("403 403 403", run.Succeeded().Trim());
    }

    // Some run times (Java's) speak to 127.0.0.1 through a socket of IPv6, which the kernel lists elsewhere.
    [Fact]
    public async Task Descendant_with_a_mapped_address_is_served()
    {
        var run = await _run.PythonAsync("""
            import socket
            host = os.environ['WRIT_RUN_URL'][len('http://'):]
            s = socket.socket(socket.AF_INET6)
            s.connect(('::ffff:127.0.0.1', int(host.split(':')[1])))
            key = os.environ['WRIT_RUN_KEY']
            request = f'GET /api/orders/x HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n\r\n'
            s.sendall(request.encode())
            print(s.recv(100).decode().split('\r\n')[0])
            """);
        Assert.Equal("HTTP/1.1 200 OK", run.Succeeded().Trim());
    }

    [Fact]
    public async Task Orphan_of_the_child_is_still_served()
    {
        var run = await _run.PythonAsync("""
            import time
            if os.fork() == 0:
                if os.fork() == 0:
                    os.setsid(); time.sleep(0.3)
                    answer = os.environ['FOLDER'] + '/orphan'
                    with open(answer + '.part', 'w') as file: file.write(str(call('/api/orders/orders')))
                    os.rename(answer + '.part', answer)
                os._exit(0)
            os.wait()
            while not os.path.exists(os.environ['FOLDER'] + '/orphan'): time.sleep(0.05)
            """);
        run.Succeeded();
        Assert.Equal("(200, 'fine')", await File.ReadAllTextAsync(_run.At("orphan")));
    }

    [Fact]
    public async Task Redirect_is_handed_back_and_not_followed()
    {
        await using var elsewhere = await FakeApi.StartAsync();
        _run.Api.OnRequest = http =>
        {
            http.Response.Redirect(elsewhere.Url + "/steal");
            return Task.CompletedTask;
        };
        var run = await _run.PythonAsync("print(call('/api/orders/orders')[0])");
        Assert.Equal("302", run.Succeeded().Trim());
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task Path_cannot_climb_out_of_the_resource()
    {
        _run.Broker.Resources["orders"] = _run.Api.Url + "/shop";
        var run = await _run.PythonAsync(
            "print(call('/api/orders/../admin')[0], call('/api/orders/%2e%2e/admin')[0], call('/api/orders/list')[0])");
        Assert.Equal("502 502 200", run.Succeeded().Trim());
        Assert.Equal("/shop/list", Assert.Single(_run.Api.Requests).Path);
    }

    [Fact]
    public async Task No_proof_is_signed_for_the_broker_or_a_stranger()
    {
        var run = await _run.PythonAsync($$"""
            for url in '{{_run.Broker.Url}}/oauth/token', 'https://evil.example.org/', '{{_run.Api.Url}}/orders':
                print(call('/proof', {'method': 'POST', 'url': url})[0])
            """);
        Assert.Equal(["403", "403", "200"], run.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Broker_is_no_resource_of_a_run_whatever_it_would_grant()
    {
        _run.Broker.Resources["sly"] = _run.Broker.Url + "/v1"; // registered by somebody, at the broker's own origin
        _run.Broker.TlsAlias = "https://127.0.0.1:1";
        _run.Broker.Resources["alias"] = "https://127.0.0.1:1/v1";
        var run = await _run.PythonAsync($$"""
            for ask in {'resource': 'writ'}, {'resource': '{{_run.Broker.Url}}'}, {'resource': 'sly'}, \
                    {'grants': ['task:start@writ']}, {'grants': ['task:start@sly']}, {'resource': 'alias'}, \
                    {'resource': 'https://127.0.0.1:1'}:
                print(call('/token', ask)[0])
            for path in '/api/writ/v1/tasks', '/api/sly/tasks', '/api/alias/tasks':
                print(call(path)[0])
            print(call('/token', {'resource': 'orders'})[0])
            """);
        Assert.Equal(
            [.. Enumerable.Repeat("403", 10), "200"],
            run.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain(_run.Broker.TokenRequests, form => (string?)form["audience"] == "writ");
    }

    [Fact]
    public async Task Known_resource_is_served_when_no_further_one_is()
    {
        for (var i = 0; i < 70; i++)
            _run.Broker.Resources[$"r{i}"] = _run.Api.Url;
        var run = await _run.PythonAsync("""
            codes = [call(f'/api/r{i}/x')[0] for i in range(70)]
            print(codes.count(200), codes.count(404), call('/api/r0/x')[0])
            """);
        Assert.Equal("64 6 200", run.Succeeded().Trim());
    }

    [Fact]
    public async Task What_the_broker_does_not_grant_is_not_reached()
    {
        _run.Broker.OnToken = form => (string?)form["audience"] == "payroll"
            ? Results.Json(
                new { error = "access_denied", code = "outside_task", decision_id = "dec-5" }, statusCode: 403)
            : null;
        var run = await _run.PythonAsync("print(*call('/api/payroll/salaries'))");
        Assert.StartsWith("403", run.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("outside_task", run.Output, StringComparison.Ordinal);
        Assert.Contains("dec-5", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_the_run_and_after_kill_9_the_endpoint_is_gone()
    {
        var process = _run.Start("env > $FOLDER/env.part; mv $FOLDER/env.part $FOLDER/env; sleep 5");
        var (url, key) = await _run.EndpointAsync("env");
        await RunProcess.SignalAsync(process, "KILL");
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(url + "/api/orders/orders"));
        var beats = _run.Broker.Calls.Count;
        await Task.Delay(TimeSpan.FromSeconds(6));
        Assert.Equal(beats, _run.Broker.Calls.Count);
    }

    // All that a child can read, carried to another host: there the loopback endpoint is not.
    [Fact]
    public async Task Copied_to_another_network_the_endpoint_is_not_reached()
    {
        _run.Start("env > $FOLDER/env.part; mv $FOLDER/env.part $FOLDER/env; sleep 60");
        var (url, key) = await _run.EndpointAsync("env");
        var elsewhere = await Command.RunAsync("unshare", ["-rn", "sh", "-c", $"""
            ip link set lo up 2>/dev/null
            python3 -c "
            import urllib.request as u
            u.urlopen(u.Request('{url}/token', b'x', dict(Authorization='Bearer {key}')))"
            """]);
        Assert.NotEqual(0, elsewhere.ExitCode);
        Assert.Contains("URLError", elsewhere.Errors, StringComparison.Ordinal);
    }

    private static void AssertProven(FakeApi.Received sent)
    {
        var token = sent.Headers["Authorization"]["DPoP ".Length..];
        var expected = new DpopExpectation(
            sent.Method,
            "http://" + sent.Headers["Host"] + sent.Path,
            TimeProvider.System.GetUtcNow(),
            TimeSpan.FromSeconds(60),
            TimeSpan.FromSeconds(5),
            token,
            NonceIsValid: null,
            Keys: null);
        var proof = Assert.IsType<DpopOutcome.Valid>(DpopProof.Verify(sent.Headers["DPoP"], expected)).Proof;
        Assert.True(Jws.TryRead(token, JwsLimits.Default, out var jws, out _));
        Assert.Equal(proof.Jkt, jws.PayloadUnverified.GetProperty("cnf").GetProperty("jkt").GetString());
    }
}
