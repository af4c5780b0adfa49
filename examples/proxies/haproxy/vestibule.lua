-- Asks Vestibule about a request, for HAProxy 2.5 and later. haproxy.cfg beside this file says where it is used.
--
-- Of the answer 200, the identity headers go into the request. Every other answer goes to the client as it is; where there is none,
-- txn.vestibule is not 200, and the configuration denies the request.

local check = os.getenv("VESTIBULE_CHECK")
local key = os.getenv("VESTIBULE_PROXY_KEY")

-- What belongs to the client's connection or to its body, and is not the check's.
local not_asked = {
    ["connection"] = true, ["upgrade"] = true, ["content-length"] = true, ["transfer-encoding"] = true, ["te"] = true,
    ["trailer"] = true, ["expect"] = true, ["host"] = true, ["keep-alive"] = true, ["proxy-connection"] = true,
}

local function is_identity(name)
    return name:find("^remote%-") ~= nil or name:find("^vestibule%-") ~= nil
end

core.register_action("vestibule", { "http-req" }, function(txn)
    local asked = {}
    for name, values in pairs(txn.http:req_get_headers()) do
        if not not_asked[name] and not is_identity(name) then
            local list = {}
            for _, value in pairs(values) do
                table.insert(list, value)
            end
            asked[name] = list
        end
    end
    asked["vestibule-proxy-key"] = { key }

    local answer = core.httpclient():get({ url = check, headers = asked, timeout = 2000 })
    if answer == nil or answer.status == nil or answer.status == 0 then
        return
    end
    if answer.status == 200 then
        for name, values in pairs(answer.headers) do
            if is_identity(name) then
                txn.http:req_set_header(name, values[0] or values[1] or "")
            end
        end
        txn:set_var("txn.vestibule", 200)
        return
    end

    local reply = txn:reply({ status = answer.status })
    for name, values in pairs(answer.headers) do
        if name ~= "content-length" and name ~= "transfer-encoding" and name ~= "connection" then
            for _, value in pairs(values) do
                reply:add_header(name, value)
            end
        end
    end
    reply:set_body(answer.body or "")
    txn:done(reply)
end)
